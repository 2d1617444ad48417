import type { Pod, Revision, World } from '../../world.js';
import { ageSeconds } from '../age-seconds.js';
import { candidateRevision, currentRevision } from '../revisions.js';
import { beginningOf } from './beginning.js';
import { isBaking, isOnTheWay, isSettling } from './rollout-facts.js';
import { podsOf, routersOf } from './pods-now.js';
import { isVerdictNew } from './verdicts.js';

/** The revision whose rollout is looked at: the candidate, what serves while it bakes, or one whose end routers have yet to hear of. */
export function underWay(world: World): Revision | undefined {
  const candidate = candidateRevision(world);
  if (candidate !== undefined && isOnTheWay(candidate)) return candidate;
  const settling = world.revisions.findLast((revision) => isSettling(revision, world.now));
  if (settling !== undefined) return settling;
  const current = currentRevision(world);
  return isBaking(current) ? current : undefined;
}

/** The revisions whose record is about to hold a verdict that is new. */
export function newlyDecided(world: World): readonly Revision[] {
  const rolledOut = [underWay(world), beginningOf(world)?.candidate].filter((revision) => revision !== undefined);
  return [...new Set(rolledOut)].filter(isVerdictNew);
}

/** The pods whose counters the next decision needs; none while nothing is under way. */
export function podsToRead(world: World): readonly Pod[] {
  const revision = underWay(world);
  if (revision === undefined || world.model.spec.suspend) return [];
  return [...new Set([...routersOf(world, revision), ...podsOf(world, currentRevision(world)?.name)])];
}

/** So soon routers are asked again whether they act on a decision yet. */
const ACKNOWLEDGEMENT_SECONDS = 1;

/** How long to wait between two reads of the pods; undefined while nothing is under way. */
export function secondsBetweenLooks(world: World): number | undefined {
  const revision = underWay(world);
  if (revision === undefined || world.model.spec.suspend) return undefined;
  const { intervalSeconds } = world.model.spec.rollout.analysis;
  const isUrgent = isUnheard(revision, world.now) || isVerdictNew(revision) || isSilent(world, revision);
  return isUrgent ? Math.min(intervalSeconds, ACKNOWLEDGEMENT_SECONDS) : intervalSeconds;
}

/** Whether a revision took over, and none of its pods can answer: the way back must not wait. */
function isSilent(world: World, revision: Revision): boolean {
  return isBaking(revision) && podsOf(world, revision.name).length === 0;
}

/** After so long a router that has not acted on a share is asked no more often than the others. */
const URGENT_SECONDS = 60;

/** Whether some router has yet to act on a new share. */
function isUnheard({ status }: Revision, now: Date): boolean {
  const { rollout } = status ?? {};
  if (rollout === undefined || rollout.stage === 'Baking') return false;
  const isNew = ageSeconds(now, rollout.endTime ?? rollout.stepStartTime) < URGENT_SECONDS;
  return isNew && rollout.acknowledgedPercent !== rollout.percent;
}
