import type { Revision, World } from '../../world.js';
import { candidateRevision, currentRevision, pinnedRevision, trainingOf } from '../revisions.js';
import { canRoute, isHeldBack, isOnTheWay } from './rollout-facts.js';

/** Two revisions that a canary is about to begin between. */
export interface Beginning {
  readonly current: Revision;
  readonly candidate: Revision;
}

/** Undefined while none is about to begin. */
export function beginningOf(world: World): Beginning | undefined {
  const canary = canaryOf(world);
  const isDue = canary !== undefined && !isOnTheWay(canary.candidate) && !world.model.spec.suspend;
  return isDue ? canary : undefined;
}

/** The trained candidate, and what it is to be compared with; undefined when it takes over without a canary, or is none. */
export function canaryOf(world: World): Beginning | undefined {
  const [current, candidate] = [currentRevision(world), candidateRevision(world)];
  if (current === undefined || candidate === undefined || !isCanaryAllowed(world)) return undefined;
  return trainingOf(candidate) === 'Good' && !isHeldBack(candidate) ? { current, candidate } : undefined;
}

/** Pods that read no routing can't send a share anywhere; a pinned revision is wanted at once. */
export function isCanaryAllowed(world: World): boolean {
  const current = currentRevision(world);
  const { strategy } = world.model.spec.rollout;
  return strategy === 'Canary' && pinnedRevision(world) === undefined && current !== undefined && canRoute(current);
}
