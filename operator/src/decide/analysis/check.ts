import type { Verdict } from './comparison.js';
import type { Source } from './error-budget.js';

/** Guards can only fail: nothing waits for them. */
const requiredChecks = ['failures', 'latency'] as const;
type CheckName = (typeof requiredChecks)[number] | 'score-shift' | 'decision-flips';

/** Requests of the candidate in a step, and rows scored by both revisions, below which there is no verdict on them. */
export const MIN_REQUESTS = 50;

/** Evidence for a Fail above which nothing passes by time or by other rows alone. */
export const DOUBT = Math.log(20);

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
  /** The log of the largest evidence for a Fail now. */
  readonly logE: number;
  /** Pods of the candidate without which the check would fail no more, so that it doesn't. */
  readonly suspects: readonly string[];
}

/** A check on the rows of both sources. */
export interface JudgedCheck extends Check {
  /** The rows that the verdict rests on. */
  readonly source: Source;
}

/** Whether a step waits for this check. */
export function isRequired({ name }: Pick<Check, 'name'>): boolean {
  return requiredChecks.some((required) => required === name);
}
