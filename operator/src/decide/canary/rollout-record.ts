import { conditionTypes, reasons } from '@churnops/crds';
import type { ChurnModelRevisionStatus, RolloutStatus } from '@churnops/crds';
import type { Revision } from '../../world.js';
import { withConditions } from '../revision-status.js';
import type { Verdict } from '../revision-status.js';

/** Status of a revision with this as the record of its rollout, and with what follows from it: stage, times, `Promoted`. */
export function withRollout(revision: Revision, rollout: RolloutStatus, now: Date): ChurnModelRevisionStatus {
  const before = revision.status?.rollout;
  const isMoved = before?.stage !== rollout.stage || before.attempt !== rollout.attempt;
  const { promotedTime, retiredTime, ...status } = withConditions(
    revision,
    isMoved ? verdictsOf(rollout, before) : [],
    now,
  );
  const times = isMoved ? timesAt(rollout, promotedTime, now) : undefined;
  return {
    ...status,
    ...(times ?? withoutUndefined({ promotedTime, retiredTime })),
    stage: rollout.stage === 'Complete' ? 'Serving' : rollout.stage,
    rollout,
  };
}

type Times = Pick<ChurnModelRevisionStatus, 'promotedTime' | 'retiredTime'>;

/** What a new stage means for the times of the revision; undefined: nothing. */
function timesAt({ stage }: RolloutStatus, promotedTime: string | undefined, now: Date): Times | undefined {
  const time = now.toISOString();
  if (stage === 'Baking') return { promotedTime: time };
  return stage === 'RolledBack' && promotedTime !== undefined ? { promotedTime, retiredTime: time } : undefined;
}

function verdictsOf(rollout: RolloutStatus, before: RolloutStatus | undefined): readonly Verdict[] {
  const { stage, reason, message = '' } = rollout;
  const type = conditionTypes.promoted;
  if (stage === 'Baking') return [{ type, status: 'True', reason: proofOf(rollout), message }];
  if (stage !== 'RolledBack') return [];
  const isLate = before?.stage === 'Baking';
  return [{ type, status: 'False', reason: isLate ? reasons.lateRollback : (reason ?? reasons.rolledBack), message }];
}

function proofOf({ reason, provenBy }: RolloutStatus): string {
  if (reason === reasons.takenOver) return reason;
  return provenBy === 'Replay' ? reasons.passedOnReplay : reasons.analysisPassed;
}

function withoutUndefined({ promotedTime, retiredTime }: { [K in keyof Times]: Times[K] | undefined }): Times {
  return {
    ...(promotedTime === undefined ? {} : { promotedTime }),
    ...(retiredTime === undefined ? {} : { retiredTime }),
  };
}
