import { clamp, plus } from './tally.js';
import type { Tally } from './tally.js';

/** What is believed before the first block: half a failure in 50 requests. */
const PRIOR: Tally = { n: 50, x: 0.5 };
/** Beyond so many requests older ones fade. */
const MEMORY = 50_000;

/** The share of failures to expect of the control group in the next block, from earlier blocks only. Section 1. */
export function expectedShare(earlier: Tally): number {
  const { n, x } = plus(earlier, PRIOR);
  return clamp(x / n, 1e-6, 0.9);
}

/** The requests to learn from after one more block. */
export function remembered(earlier: Tally, block: Tally): Tally {
  const { n, x } = plus(earlier, block);
  return n > MEMORY ? { n: MEMORY, x: x * (MEMORY / n) } : { n, x };
}
