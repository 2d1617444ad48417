import { z } from 'zod';
import { blockEvidence } from './block-evidence.js';
import { expectedShare, remembered } from './control-rate.js';
import { freshMixture, mixed, mixtureOf, rejects } from './mixture.js';
import { Block, clamp, noBlock, noTally, plusBlock, Tally } from './tally.js';

/** By how much worse than just too bad a bet says the candidate is. */
const EXCESSES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.9];
/** How much of the Pass margin a bet says the candidate uses up. */
const USED_MARGINS = [0, 0.5, 0.25];
const MIN_SHARE = 1e-6;
const MAX_SHARE = 0.98;

/**
 * Test 1: failures of the candidate against those of the control group in the same blocks. Test 2 is the same on slow requests.
 * `fail` bets that the candidate is worse by more than the Fail margin, over the whole rollout; `pass` that it is not worse by the
 * Pass margin, in this step. `newest` is the log evidence for a Pass that the newest block of this step alone added. `step` has the
 * requests of closed blocks in this step; `failures` the candidate's over the rollout.
 */
export const Comparison = z.strictObject({
  pending: Block,
  earlier: Tally,
  fail: mixtureOf(EXCESSES.length),
  pass: mixtureOf(USED_MARGINS.length),
  newest: z.number(),
  step: Block,
  failures: z.number().min(0),
});
export type Comparison = z.infer<typeof Comparison>;

/** Differences of shares (0 to 1), and the most that one block may add to the log evidence of a Fail. */
export interface Margins {
  readonly failMargin: number;
  /** More than 0. */
  readonly passMargin: number;
  readonly capLog: number;
}

/** When the evidence is enough. */
export interface ComparisonRule {
  readonly alphaFail: number;
  readonly alphaPass: number;
  /** Requests of the candidate in this step, for a Pass. */
  readonly minRequests: number;
  /** Failures of the candidate in the rollout, for a Fail. */
  readonly minFailed: number;
}

export type Verdict = 'Fail' | 'Pass' | 'Continue' | 'NoData';

/** Nothing seen yet. */
export function freshComparison(): Comparison {
  return {
    pending: noBlock,
    earlier: noTally,
    fail: freshMixture(EXCESSES.length),
    pass: freshMixture(USED_MARGINS.length),
    newest: 0,
    step: noBlock,
    failures: 0,
  };
}

/** After one more read. A block closes on the numbers of requests only, never on what became of them. */
export function compared(comparison: Comparison, added: Block, margins: Margins): Comparison {
  const pending = plusBlock(comparison.pending, added);
  if (pending.candidate.n < 1 || pending.control.n < 1) return { ...comparison, pending };
  const share = expectedShare(comparison.earlier);
  const pass = mixed(comparison.pass, passEvidence(pending, share, margins.passMargin));
  return {
    pending: noBlock,
    earlier: remembered(comparison.earlier, pending.control),
    fail: mixed(comparison.fail, failEvidence(pending, share, margins)),
    pass,
    newest: pass.logE - comparison.pass.logE,
    step: plusBlock(comparison.step, pending),
    failures: comparison.failures + pending.candidate.x,
  };
}

/** At a new step the load differs: a Pass must be earned anew, the evidence for a Fail stays. */
export function atNextStep(comparison: Comparison): Comparison {
  return { ...comparison, pass: freshMixture(USED_MARGINS.length), newest: 0, step: noBlock };
}

/** Both Fail and Pass stay once they are reached (a Pass within its step), because neither evidence nor counts shrink. */
export function verdictOf(comparison: Comparison, rule: ComparisonRule): Verdict {
  return hasFailed(comparison, rule) ? 'Fail' : unfailedVerdict(comparison, rule);
}

/** The same of a Fail that doesn't count. */
export function unfailedVerdict({ pass, step, fail }: Comparison, rule: ComparisonRule): Verdict {
  if (rejects(pass, rule.alphaPass) && step.candidate.n >= rule.minRequests) return 'Pass';
  return fail.blocks === 0 ? 'NoData' : 'Continue';
}

/** Whether the candidate is worse by more than the Fail margin. */
export function hasFailed(
  { fail, failures }: Comparison,
  rule: Pick<ComparisonRule, 'alphaFail' | 'minFailed'>,
): boolean {
  return rejects(fail, rule.alphaFail) && failures >= rule.minFailed;
}

/** The log e-values of a block, for each bet that the candidate stays within the Pass margin. */
export function passEvidence(block: Block, share: number, passMargin: number): number[] {
  const control = Math.min(share, 1 - passMargin - 0.01);
  return USED_MARGINS.map((used) => {
    const candidate = clamp(control + used * passMargin, MIN_SHARE, MAX_SHARE);
    return blockEvidence(block, { candidate, control }, passMargin);
  });
}

function failEvidence(block: Block, control: number, { failMargin, capLog }: Margins): number[] {
  return EXCESSES.map((excess) => {
    const candidate = Math.min(control + failMargin + excess, MAX_SHARE);
    if (candidate <= control + failMargin) return 0;
    return Math.min(blockEvidence(block, { candidate, control }, failMargin), capLog);
  });
}
