import type { Verdict } from './comparison.js';
import type { Source } from './error-budget.js';
import type { Mixture } from './mixture.js';

/** Guards can only fail: nothing waits for them. */
const requiredChecks = ['failures', 'latency'] as const;
type CheckName = (typeof requiredChecks)[number] | 'score-shift' | 'decision-flips';

/** Requests of the candidate in a step, and rows scored by both revisions, below which there is no verdict on them. */
export const MIN_REQUESTS = 50;

/** Fewer failures than that say nothing against anybody. */
export const MIN_FAILED = 3;

/** Serious evidence: nothing passes while there is so much of it against the candidate. */
const DOUBT = Math.log(20);

/** One line of the checks in a status, and what the step rules need. */
export interface Check {
  readonly name: CheckName;
  readonly verdict: Verdict;
  /** The share of the candidate in this step (decimal, 0 to 1); of a guard, the distance or the share of flips so far. */
  readonly candidate: string;
  /** The share of the control group; absent where there is none. */
  readonly control: string | undefined;
  /** Requests of the candidate in this step; of a guard, its scores or rows so far. */
  readonly samples: number;
  readonly message: string;
  /** Whether there is serious evidence against the candidate at this look. */
  readonly isDoubted: boolean;
  /** Pods of the candidate without which the check would fail no more, so that it doesn't. */
  readonly suspects: readonly string[];
}

/** A check on the rows of both sources. */
export interface JudgedCheck extends Check {
  /** The rows that the verdict rests on. */
  readonly source: Source;
}

/**
 * Whether there is serious evidence against the candidate, and it has not turned since: what one pod did that was replaced, or mended
 * itself, leaves evidence that never goes away quite.
 */
export function isSerious({ logE, logEMax }: Pick<Mixture, 'logE' | 'logEMax'>): boolean {
  return logE >= DOUBT && logEMax - logE < DOUBT;
}

/** Whether the log evidence for a Pass that the newest block added is serious evidence against it. */
export function isSetback(newest: number): boolean {
  return -newest >= DOUBT;
}

/** What checks say, one after the other. */
export function inWords(checks: readonly Pick<Check, 'name' | 'message'>[]): string {
  return checks.map(({ name, message }) => `${name}: ${message}`).join('. ');
}

/** Whether a step waits for this check. */
export function isRequired({ name }: Pick<Check, 'name'>): boolean {
  return requiredChecks.some((required) => required === name);
}
