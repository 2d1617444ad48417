import type { RolloutStatus } from '@churnops/crds';

/** Whether somebody approved this step of this rollout. */
export function isApproved({ verdicts = [] }: RolloutStatus, step: number): boolean {
  return verdicts.some(({ verdict }) => verdict === `approve-${step}`);
}

/** Whether somebody rejected the candidate of this rollout. */
export function isRejected({ verdicts = [] }: RolloutStatus): boolean {
  return verdicts.some(({ verdict }) => verdict === 'reject');
}
