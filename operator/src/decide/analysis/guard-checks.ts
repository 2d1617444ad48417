import { isSerious, MIN_REQUESTS } from './check.js';
import type { Check } from './check.js';
import { alphaOf } from './error-budget.js';
import type { LimitTest } from './limit-test.js';
import { pValue, rejects } from './mixture.js';
import type { Mixture } from './mixture.js';
import { stabilityIndex, total, totalVariation } from './score-shift.js';
import type { ScoreShift } from './score-shift.js';
import { chance, counted, decimal, percent } from './written-numbers.js';

/** Test 3: whether the scores lie elsewhere than those of the control group. */
export function scoreShift({ seen, mixture }: ScoreShift, errorProbability: number, limit: number): Check {
  const [scores, others] = [total(seen.candidate), total(seen.control)];
  const distance = scores === 0 ? 0 : totalVariation(seen);
  const fails = rejects(mixture, alphaOf('scoreShift', errorProbability));
  const found = `total variation ${decimal(distance)} (limit ${limit}), stability index ${decimal(stabilityIndex(seen))}`;
  return {
    name: 'score-shift',
    ...judged(mixture, fails),
    candidate: decimal(distance),
    samples: scores,
    message:
      scores === 0
        ? 'no scores of both groups yet'
        : `${found}, ${counted(scores)} scores against ${counted(others)}${verdictText(mixture, fails)}`,
  };
}

/** Decisions of the two revisions on the same rows, by test 1b. */
export function decisionFlips({ seen: { n, x }, mixture }: LimitTest, errorProbability: number, limit: number): Check {
  const fails = rejects(mixture, alphaOf('decisionFlips', errorProbability)) && n >= MIN_REQUESTS;
  const found = `${percent(x / n)} of ${counted(n)} decisions differ (limit ${percent(limit)})`;
  return {
    name: 'decision-flips',
    ...judged(mixture, fails),
    candidate: decimal(n === 0 ? 0 : x / n),
    samples: n,
    message: n === 0 ? 'no row scored by both revisions yet' : `${found}${verdictText(mixture, fails)}`,
  };
}

function judged(mixture: Mixture, fails: boolean) {
  const open = mixture.blocks === 0 ? 'NoData' : 'Continue';
  return {
    verdict: fails ? 'Fail' : open,
    isDoubted: isSerious(mixture),
    control: undefined,
    suspects: [],
  } as const;
}

function verdictText(mixture: Mixture, fails: boolean): string {
  return fails ? `; over the limit (${chance(pValue(mixture))})` : '';
}
