import { conditionTypes, reasons } from '@churnops/crds';
import type { ChurnModelRevisionStatus, RolloutStatus } from '@churnops/crds';
import type { Revision, World } from '../../world.js';
import { promotionTime } from '../promotion-time.js';
import { isOver } from './rollout-facts.js';
import { withConditions } from '../revision-status.js';
import type { Verdict } from '../revision-status.js';

/** Status of a revision with this as the record of its rollout, and with what follows from it: stage, times, `Promoted`. */
export function withRollout(world: World, revision: Revision, rollout: RolloutStatus): ChurnModelRevisionStatus {
  const before = revision.status?.rollout;
  const isMoved = before?.stage !== rollout.stage || before.attempt !== rollout.attempt;
  const status = withConditions(revision, isMoved ? verdictsOf(rollout, before) : [], world.now);
  const stage = rollout.stage === 'Complete' ? 'Serving' : rollout.stage;
  // Its pods are wanted: when they were retired before says nothing about when they may go.
  if (!isOver(rollout)) delete status.retiredTime;
  return { ...status, stage, rollout, ...(isMoved ? promotionOf(world, rollout) : {}) };
}

function promotionOf(world: World, { stage }: RolloutStatus): { readonly promotedTime?: string } {
  return stage === 'Baking' ? { promotedTime: promotionTime(world) } : {};
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
  if (provenBy === undefined) return reasons.inconclusive;
  return provenBy === 'Replay' ? reasons.passedOnReplay : reasons.analysisPassed;
}
