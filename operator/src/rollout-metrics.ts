import { RolloutCheck } from '@churnops/crds';
import type { RolloutStatus } from '@churnops/crds';
import type { RolloutEnd } from './decide/canary/rollout-end.js';
import type { Metrics } from './metrics.js';
import type { ObjectKey } from './runtime/index.js';

const { name: checkNames, verdict: verdicts } = RolloutCheck.shape;

/** Shows the open rollout of a model, and nothing before: its acknowledged share in percent, a series for each verdict of each check. */
export function showRollout(metrics: Metrics, key: ObjectKey, rollout: RolloutStatus): void {
  const model = labelsOf(key);
  const { acknowledgedPercent = 0, checks = [] } = rollout;
  // The bake has other checks than the steps before.
  forgetRollout(metrics, key);
  metrics.canaryPercent.set(model, acknowledgedPercent);
  for (const { name: check, verdict: now } of checks) {
    for (const verdict of verdicts.options) {
      metrics.checkVerdict.set({ ...model, check, verdict }, verdict === now ? 1 : 0);
    }
  }
}

/** Takes away what `showRollout` showed of a model: nothing is said of a rollout that is over, or that another operator decides. */
export function forgetRollout(metrics: Metrics, key: ObjectKey): void {
  const model = labelsOf(key);
  metrics.canaryPercent.remove(model);
  for (const check of checkNames.options) {
    for (const verdict of verdicts.options) metrics.checkVerdict.remove({ ...model, check, verdict });
  }
}

/** Counts a rollout that ended; one that was rolled back also by its reason. To be called once for each. */
export function countRollout(metrics: Metrics, end: RolloutEnd): void {
  metrics.rollouts.inc({ result: end.result });
  if (end.result === 'RolledBack') metrics.rollbacks.inc({ reason: end.reason });
}

/** Says nothing of any model any more: what this process does not decide it does not know. */
export function forgetRollouts(metrics: Metrics): void {
  metrics.canaryPercent.reset();
  metrics.checkVerdict.reset();
}

function labelsOf({ namespace, name }: ObjectKey) {
  return { namespace, model: name };
}
