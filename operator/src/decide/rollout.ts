import type { RolloutStatus } from '@churnops/crds';
import type { Revision, World } from '../world.js';
import type { Action, EventNote } from './action.js';
import { beginningOf, canaryOf } from './canary/beginning.js';
import type { Beginning } from './canary/beginning.js';
import { begunRollout } from './canary/begun-rollout.js';
import { completedBake, withdrawnRollout } from './canary/ended-rollout.js';
import { pausedRollout, resumedRollout } from './canary/paused-rollout.js';
import { isHeldUp } from './canary/held-up.js';
import { rolloutAfterLook } from './canary/look-at-rollout.js';
import { isBaking } from './canary/rollout-facts.js';
import { withRollout } from './canary/rollout-record.js';
import { rolloutEvents } from './canary/rollout-events.js';
import { takenOver } from './canary/take-over.js';
import { underWay } from './canary/under-way.js';
import { asPromoted } from './revision-status.js';
import { candidateRevision, isBarred, trainingOf } from './revisions.js';
import { isFullSize } from './size.js';
import { servingPods } from './upkeep.js';

/** The decisions about rollouts, as records: what is done about them follows in the next plan. While suspended, only since when. */
export function decisions(world: World): readonly Action[] {
  const { suspend } = world.model.spec;
  const decided = (revision: Revision) =>
    suspend ? pausedRollout(world, revision) : (resumedRollout(world, revision) ?? withdrawnRollout(world, revision));
  const recorded = world.revisions.flatMap((revision) => record(world, revision, decided(revision)));
  return suspend || recorded.length > 0 ? recorded : look(world);
}

/** The trained candidate: its pods, and the first record of its rollout; nothing while suspended. */
export function start(world: World): readonly Action[] {
  if (world.model.spec.suspend) return [];
  const beginning = beginningOf(world);
  if (beginning !== undefined) return begin(world, beginning);
  const candidate = candidateRevision(world);
  if (candidate === undefined || trainingOf(candidate) !== 'Good' || isBarred(world, candidate)) return [];
  return canaryOf(world) === undefined ? direct(world, candidate) : servingPods(world, candidate);
}

function begin(world: World, beginning: Beginning): readonly Action[] {
  const { current, candidate } = beginning;
  if (isHeldUp(world, beginning)) return [];
  // One way back at a time: that of the revision which serves ends.
  const bake = isBaking(current) ? current.status?.rollout : undefined;
  if (bake !== undefined) return record(world, current, completedBake(world, bake));
  return record(world, candidate, begunRollout(world, { current, candidate }));
}

/** Without a canary the candidate is started beside what serves, and takes over when all its pods are ready. */
function direct(world: World, candidate: Revision): readonly Action[] {
  const pods = servingPods(world, candidate);
  if (!isFullSize(world, candidate)) return pods;
  // Written ahead: the Service follows what is recorded, also when the operator dies here.
  const status = asPromoted(candidate, world);
  const event = { type: 'Normal', reason: 'Promoted', note: `Revision ${candidate.name} serves` } as const;
  return [...pods, { kind: 'Record', revision: candidate, status, event }];
}

/** The next decision about the rollout that is under way, once its pods were read. */
function look(world: World): readonly Action[] {
  const revision = underWay(world);
  const before = revision?.status?.rollout;
  if (revision === undefined || before === undefined) return [];
  const now = takenOver(world, revision, before) ?? afterLook(world, revision, before);
  return now === before ? [] : record(world, revision, now);
}

function afterLook(world: World, revision: Revision, before: RolloutStatus): RolloutStatus {
  return world.pages === undefined ? before : rolloutAfterLook(world, revision, before);
}

/** Written ahead: what is done about it follows from the record alone. */
function record(world: World, revision: Revision, now: RolloutStatus | undefined): readonly Action[] {
  if (now === undefined) return [];
  const [event, ...others] = rolloutEvents(revision, now);
  const told = others.map((each: EventNote): Action => ({ kind: 'Tell', event: each }));
  return [{ kind: 'Record', revision, status: withRollout(world, revision, now), event }, ...told];
}
