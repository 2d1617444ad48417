import type { Pod, Revision, World } from '../../world.js';
import { candidateRevision, currentRevision } from '../revisions.js';
import { isBaking, isOnTheWay, isSettling, newVerdicts } from './rollout-facts.js';
import { routersOf } from './routers-now.js';

/** The revision whose rollout is looked at: the candidate, what serves while it bakes, or one whose end routers have yet to hear of. */
export function underWay(world: World): Revision | undefined {
  const candidate = candidateRevision(world);
  if (candidate !== undefined && isOnTheWay(candidate)) return candidate;
  const settling = world.revisions.findLast((revision) => isSettling(revision, world.now));
  if (settling !== undefined) return settling;
  const current = currentRevision(world);
  return isBaking(current) ? current : undefined;
}

/** The pods whose counters the next decision needs; none while nothing is under way. */
export function podsToRead(world: World): readonly Pod[] {
  const revision = underWay(world);
  if (revision === undefined || world.model.spec.suspend) return [];
  const serving = isBaking(revision)
    ? world.pods.filter((pod) => isReadable(pod) && pod.revision === revision.name)
    : [];
  return [...routersOf(world, revision), ...serving];
}

/** So soon routers are asked again whether they act on a decision yet. */
const ACKNOWLEDGEMENT_SECONDS = 1;

/** How long to wait between two reads of the pods; undefined while nothing is under way. */
export function secondsBetweenLooks(world: World): number | undefined {
  const revision = underWay(world);
  const { rollout } = revision?.status ?? {};
  if (revision === undefined || rollout === undefined || world.model.spec.suspend) return undefined;
  const isHeard = rollout.acknowledgedPercent === rollout.percent || rollout.stage === 'Baking';
  const isNewVerdict = newVerdicts(revision, world.now).length > (rollout.verdicts ?? []).length;
  const { intervalSeconds } = world.model.spec.rollout.analysis;
  return isHeard && !isNewVerdict ? intervalSeconds : Math.min(intervalSeconds, ACKNOWLEDGEMENT_SECONDS);
}

function isReadable({ ready, terminating, address }: Pod): boolean {
  return ready && !terminating && address !== undefined;
}
