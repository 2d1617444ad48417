import type { AnalysisSettings } from './analysis-settings.js';
import type { BakeEvidence } from './bake-evidence.js';
import { isSerious } from './check.js';
import type { Check } from './check.js';
import { bakeAlphaOf } from './error-budget.js';
import { pValue, rejects } from './mixture.js';
import { failsWithoutAnyPod, heldBy, suspectPods } from './pod-guard.js';
import { chance, counted, decimal, percent } from './written-numbers.js';

type BakeTest = 'failures' | 'latency';

const bad = { failures: 'failed', latency: 'were slow or failed' } as const;

/** What the tests on a revision that took over say now: a Fail, or nothing yet. */
export function bakeChecks(bake: BakeEvidence, settings: AnalysisSettings): readonly Check[] {
  const limits = { failures: settings.failures.maxShare, latency: bake.maxSlowShare };
  return (['failures', 'latency'] as const).map((name) => {
    const maxShare = limits[name];
    return maxShare === undefined ? withoutLimit(name) : limitCheck(bake, name, { maxShare, settings });
  });
}

function limitCheck(
  { requests }: BakeEvidence,
  name: BakeTest,
  { maxShare, settings }: { readonly maxShare: number; readonly settings: AnalysisSettings },
): Check {
  const alpha = bakeAlphaOf(name, settings.errorProbability);
  const isOverLimit = (tests: BakeEvidence['requests']['all']) => rejects(tests[name].mixture, alpha);
  const fails = failsWithoutAnyPod(requests, isOverLimit);
  const suspects = suspectPods(requests, isOverLimit);
  const { mixture, seen } = requests.all[name];
  const share = seen.n === 0 ? 0 : seen.x / seen.n;
  const found = `${percent(share)} of ${counted(seen.n)} requests since it took over ${bad[name]}`;
  const verdict = fails
    ? `; over the limit of ${percent(maxShare)} (${chance(pValue(mixture))})`
    : ` (limit ${percent(maxShare)})`;
  const held = suspects.length === 0 ? '' : `; ${heldBy(suspects)}`;
  return {
    name,
    verdict: seen.n === 0 ? 'NoData' : fails ? 'Fail' : 'Continue',
    candidate: decimal(share),
    control: undefined,
    samples: seen.n,
    message: seen.n === 0 ? 'no request since it took over' : `${found}${verdict}${held}`,
    isDoubted: isSerious(mixture),
    suspects,
  };
}

function withoutLimit(name: BakeTest): Check {
  return {
    name,
    ...{ verdict: 'NoData', candidate: decimal(0), control: undefined, samples: 0, isDoubted: false, suspects: [] },
    message: 'no limit, since the revision before had too few requests to set one by',
  };
}
