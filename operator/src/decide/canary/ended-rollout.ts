import type { RolloutStatus } from '@churnops/crds';
import type { Revision, World } from '../../world.js';
import { currentRevision, pinnedRevision, previousRevision, wantedRevision } from '../revisions.js';
import { isCanaryAllowed } from './beginning.js';
import { nextSequence, rolloutOnTheWay } from './rollout-facts.js';
import { completionRecord, rollbackRecord } from './turning-points.js';

/** The record of a rollout that ends without a verdict; undefined while it is to go on. */
export function withdrawnRollout(world: World, revision: Revision): RolloutStatus | undefined {
  return revision === currentRevision(world) ? pointlessBake(world, revision) : unwantedRollout(world, revision);
}

/** A bake whose way back somebody deleted: nothing is left to go back to. Or somebody pinned what bakes: it shall not go back. */
function pointlessBake(world: World, revision: Revision): RolloutStatus | undefined {
  const { rollout } = revision.status ?? {};
  if (rollout?.stage !== 'Baking') return undefined;
  const isPointless = previousRevision(world) === undefined || pinnedRevision(world) === revision;
  return isPointless ? completedBake(world, rollout) : undefined;
}

/**
 * Another revision is wanted. A bake ends for one as soon as that is ready to be rolled out, or pinned: not by this record.
 */
function unwantedRollout(world: World, revision: Revision): RolloutStatus | undefined {
  const rollout = rolloutOnTheWay(revision);
  if (rollout === undefined || (revision === wantedRevision(world) && isCanaryAllowed(world))) return undefined;
  return rollbackRecord(rollout, byWhom(world), { now: world.now, nextSequence: nextSequence(world) });
}

/** The record of a bake that ends before its time, and well. */
export function completedBake(world: World, rollout: RolloutStatus): RolloutStatus {
  return completionRecord(rollout, { now: world.now, nextSequence: nextSequence(world) });
}

function byWhom(world: World): { readonly reason: string; readonly message: string } {
  const pinned = pinnedRevision(world);
  if (pinned !== undefined) return { reason: 'Pinned', message: `Revision ${pinned.name} is pinned` };
  if (!isCanaryAllowed(world)) return { reason: 'Superseded', message: 'It takes over without a canary' };
  const wanted = wantedRevision(world)?.name ?? 'a new revision';
  const goesOn = currentRevision(world)?.name === wanted ? `${wanted} goes on serving` : `${wanted} is wanted instead`;
  return { reason: 'Superseded', message: goesOn };
}
