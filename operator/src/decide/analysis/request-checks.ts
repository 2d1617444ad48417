import { isSerious, isSetback, MIN_FAILED, MIN_REQUESTS } from './check.js';
import type { Check } from './check.js';
import { comparisonMessage } from './comparison-message.js';
import type { MessageRule } from './comparison-message.js';
import { hasFailed, unfailedVerdict } from './comparison.js';
import type { Comparison, Margins } from './comparison.js';
import { alphaOf } from './error-budget.js';
import type { Levels } from './error-budget.js';
import type { LimitTest } from './limit-test.js';
import { pValue, rejects } from './mixture.js';
import { failsWithoutAnyPod, heldBy, suspectPods } from './pod-guard.js';
import type { SourceEvidence } from './source-evidence.js';
import { chance, counted, decimal, percent } from './written-numbers.js';

type GuardedTests = SourceEvidence['requests'];
type RequestTests = GuardedTests['all'];
type ShareMargins = Omit<Margins, 'capLog'>;

/** Test 1 against the control group, and test 1b against the limit: either fails the check. */
export function failures(
  requests: GuardedTests,
  levels: Levels,
  margins: ShareMargins & { readonly maxShare: number },
): Check {
  const rule = ruleOf(alphaOf('failures', levels.fail), levels, margins);
  const alphaLimit = alphaOf('failureLimit', levels.fail);
  const isWorse = (tests: RequestTests) => hasFailed(tests.failures, rule);
  const isOverLimit = (tests: RequestTests) => rejects(tests.failureLimit.mixture, alphaLimit);
  const { failures: comparison, failureLimit } = requests.all;
  const suspects = [...new Set([...suspectPods(requests, isWorse), ...suspectPods(requests, isOverLimit)])];
  const compared = judged(comparison, rule, { fails: failsWithoutAnyPod(requests, isWorse), suspects });
  const isDoubted = compared.isDoubted || isSerious(failureLimit.mixture);
  const check: Check = { name: 'failures', ...compared, isDoubted };
  if (check.verdict === 'Fail' || !failsWithoutAnyPod(requests, isOverLimit)) return check;
  return { ...check, verdict: 'Fail', message: overLimit(failureLimit, margins.maxShare), suspects: [] };
}

/** Test 2: test 1 on requests that were slower than the threshold, or failed. */
export function latency(requests: GuardedTests, levels: Levels, margins: ShareMargins): Check {
  const rule = ruleOf(alphaOf('latency', levels.fail), levels, margins);
  const isWorse = (tests: RequestTests) => hasFailed(tests.latency, rule);
  const suspects = suspectPods(requests, isWorse);
  const comparison = requests.all.latency;
  return {
    name: 'latency',
    ...judged(comparison, rule, { fails: failsWithoutAnyPod(requests, isWorse), suspects }),
  };
}

function judged(
  comparison: Comparison,
  rule: MessageRule,
  { fails, suspects }: { readonly fails: boolean; readonly suspects: readonly string[] },
) {
  // A Fail that hangs on one pod is none. What all pods prove after that, as when the pod was replaced, is a Pass.
  const verdict = fails ? 'Fail' : unfailedVerdict(comparison, rule);
  const held = verdict === 'Continue' && suspects.length > 0;
  const { candidate, control } = comparison.step;
  const message = comparisonMessage(comparison, verdict, rule);
  return {
    verdict,
    candidate: decimal(candidate.n === 0 ? 0 : candidate.x / candidate.n),
    control: decimal(control.n === 0 ? 0 : control.x / control.n),
    samples: candidate.n,
    message: held ? `${message}; ${heldBy(suspects)}` : message,
    isDoubted: isSerious(comparison.fail) || isSetback(comparison.newest),
    suspects: held ? suspects : [],
  };
}

function overLimit({ mixture, seen: { n, x } }: LimitTest, maxShare: number): string {
  const seen = `${percent(x / n)} of ${counted(n)} in this rollout`;
  return `${seen}; over the limit of ${percent(maxShare)} (${chance(pValue(mixture))})`;
}

function ruleOf(alphaFail: number, { pass }: Levels, { failMargin, passMargin }: ShareMargins): MessageRule {
  return { alphaFail, alphaPass: pass, minRequests: MIN_REQUESTS, minFailed: MIN_FAILED, failMargin, passMargin };
}
