import type { Block } from './tally.js';
import { pValue } from './mixture.js';
import type { Comparison, ComparisonRule, Margins, Verdict } from './comparison.js';
import { requestsToPass } from './pass-forecast.js';
import { chance, counted, percent, points, roughly } from './written-numbers.js';

/** When the evidence is enough, and for which margins. */
export type MessageRule = ComparisonRule & Omit<Margins, 'capLog'>;

/** What a comparison has seen in this step and what it makes of it: `0.82 % of 612 against 0.8 % of 608; passes after about 1,400 more`. */
export function comparisonMessage(comparison: Comparison, verdict: Verdict, rule: MessageRule): string {
  const seen = seenInStep(comparison);
  switch (verdict) {
    case 'Fail':
      return `${seen}; more than ${points(rule.failMargin)} points worse (${chance(pValue(comparison.fail))})`;
    case 'Pass':
      return `${seen}; less than ${points(rule.passMargin)} points worse (${chance(pValue(comparison.pass))})`;
    case 'Continue':
      return `${seen}${outlook(requestsToPass(comparison, rule), comparison)}`;
    case 'NoData':
      return seen;
  }
}

/** The two groups as shares: `0.82 % of 612 against 0.8 % of 608`. */
export function sharesOf({ candidate, control }: Block): string {
  const share = ({ n, x }: Block['control']) => `${percent(x / n)} of ${counted(n)}`;
  return `${share(candidate)} against ${share(control)}`;
}

function seenInStep({ step, pending, fail, pass }: Comparison): string {
  if (step.candidate.n > 0) return sharesOf(step);
  const isLaterStep = fail.blocks > pass.blocks;
  return isLaterStep ? `${waiting(pending)} in this step` : waiting(pending);
}

/** Why no block of this step has closed yet. */
function waiting({ candidate, control }: Block): string {
  if (candidate.n > 0)
    return `${counted(candidate.n)} requests of the candidate, none of the control group to compare with yet`;
  if (control.n > 0) return `no request of the candidate yet, ${counted(control.n)} of the control group`;
  return 'no request yet';
}

function outlook(more: number | undefined, { pass }: Comparison): string {
  if (more !== undefined) return `; passes after about ${roughly(more)} more`;
  return pass.blocks === 0 ? '' : '; no pass in sight at these shares';
}
