import type { RolloutStatus } from '@churnops/crds';
import type { CanaryLook } from './canary-look.js';
import { recordable } from '../recordable.js';

/** When something is decided, and the number of the decision. */
type Moment = Pick<CanaryLook, 'now' | 'nextSequence'>;

/** It takes over, and the revision before is kept to go back to. */
export function bakeRecord(rollout: RolloutStatus, { now, nextSequence }: Moment): RolloutStatus {
  const place = { stage: 'Baking', percent: 100, sizePercent: 100 } as const;
  return { ...rollout, ...place, sequence: nextSequence, stepStartTime: now.toISOString() };
}

/** It serves for good. */
export function completionRecord(rollout: RolloutStatus, { now, nextSequence }: Moment): RolloutStatus {
  return { ...rollout, stage: 'Complete', sequence: nextSequence, endTime: now.toISOString() };
}

/** It gets no rows any more. Until routers say otherwise they may act on the share: they may have been told since they were read. */
export function rollbackRecord(
  rollout: RolloutStatus,
  why: { readonly reason: string; readonly message: string },
  { now, nextSequence }: Moment,
): RolloutStatus {
  const acknowledgedPercent = Math.max(rollout.percent, rollout.acknowledgedPercent ?? 0);
  const end = { sequence: nextSequence, endTime: now.toISOString(), acknowledgedPercent };
  return { ...rollout, ...why, message: recordable(why.message), ...end, stage: 'RolledBack', percent: 0 };
}
