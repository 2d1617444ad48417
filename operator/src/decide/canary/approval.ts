import type { RolloutStatus } from '@churnops/crds';

/** Whether somebody approved this step of this rollout. */
export function isApproved(rollout: RolloutStatus, step: number): boolean {
  return hasVerdict(rollout, `approve-${step}`);
}

/** Whether somebody rejected the candidate of this rollout. */
export function isRejected(rollout: RolloutStatus): boolean {
  return hasVerdict(rollout, 'reject');
}

/** Verdicts on an attempt before say nothing of this one. */
function hasVerdict({ verdicts = [], startTime }: RolloutStatus, wanted: string): boolean {
  return verdicts.some(({ verdict, time }) => verdict === wanted && Date.parse(time) >= Date.parse(startTime));
}
