import { z } from 'zod';
import { limitEvidence } from './block-evidence.js';
import { freshMixture, mixed, mixtureOf } from './mixture.js';
import { noTally, plus, Tally } from './tally.js';

/** How many times the odds of the limit a bet says the odds are. */
const ODDS = [1.5, 3, 10, 100];

/** Test 1b: a share against a fixed limit, for what has nothing to be compared with. `seen` has all that was counted. */
export const LimitTest = z.strictObject({ mixture: mixtureOf(ODDS.length), seen: Tally });
export type LimitTest = z.infer<typeof LimitTest>;

export interface Limit {
  /** The largest share that is allowed, inside (0, 1). */
  readonly maxShare: number;
  /** The most that one block may add to the log evidence. */
  readonly capLog: number;
}

/** Nothing seen yet. */
export function freshLimitTest(): LimitTest {
  return { mixture: freshMixture(ODDS.length), seen: noTally };
}

/** After one more read. */
export function limited({ mixture, seen }: LimitTest, added: Tally, { maxShare, capLog }: Limit): LimitTest {
  if (added.n <= 0) return { mixture, seen };
  const odds = maxShare / (1 - maxShare);
  const logEs = ODDS.map((times) => {
    const share = Math.min((times * odds) / (1 + times * odds), 1 - 1e-6);
    return Math.min(limitEvidence(added, share, maxShare), capLog);
  });
  return { mixture: mixed(mixture, logEs), seen: plus(seen, added) };
}
