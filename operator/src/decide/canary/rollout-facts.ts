import { ROUTING_FILE, Routing } from '@churnops/crds';
import type { RolloutStatus } from '@churnops/crds';
import { z } from 'zod';
import { renderedPodTemplate } from '../../desired/rendered-pod-template.js';
import type { Pod, Revision, World } from '../../world.js';
import { verdictOn } from './verdicts.js';

/** Words in `status.rollout.reason` of a rollout that ended without a verdict: the revision may be tried again by itself. */
export const unjudged: readonly string[] = ['Superseded', 'Pinned'];

/** Whether nothing is decided about it any more. What routers act on is still recorded. */
export function isOver({ stage }: RolloutStatus): boolean {
  return stage === 'Complete' || stage === 'RolledBack';
}

/** The rollout of a revision that is on its way to take over; undefined when there is none. */
export function rolloutOnTheWay(revision: Revision | undefined): RolloutStatus | undefined {
  const rollout = revision?.status?.rollout;
  return rollout !== undefined && !isOver(rollout) && rollout.stage !== 'Baking' ? rollout : undefined;
}

/** Whether the revision is on its way to take over. */
export function isOnTheWay(revision: Revision): boolean {
  return rolloutOnTheWay(revision) !== undefined;
}

/** Whether the revision has taken over, and was not rolled back since. */
export function hasTakenOver({ status }: Revision): boolean {
  if (status?.promotedTime === undefined) return false;
  return status.rollout === undefined || ['Baking', 'Complete'].includes(status.rollout.stage);
}

/** Whether the revision took over, and the revision before is still kept to go back to. */
export function isBaking(revision: Revision | undefined): boolean {
  return revision?.status?.rollout?.stage === 'Baking';
}

/** Whether the revision was judged and rolled back, and nobody asked for another attempt yet. */
export function isHeldBack(revision: Revision): boolean {
  const { rollout } = revision.status ?? {};
  if (rollout?.stage !== 'RolledBack' || unjudged.includes(rollout.reason ?? '')) return false;
  return verdictOn(revision) !== `retry-${rollout.attempt + 1}`;
}

/** Routers act on the end of a rollout within seconds; after so long nobody waits to hear it from them. */
const SETTLING_SECONDS = 60;

/** Whether a rollout was ended and some router may still act on its share. */
export function isSettling(revision: Revision, now: Date): boolean {
  const { rollout } = revision.status ?? {};
  if (rollout?.stage !== 'RolledBack' || rollout.endTime === undefined) return false;
  const age = (now.getTime() - Date.parse(rollout.endTime)) / 1000;
  return (rollout.acknowledgedPercent ?? 0) > 0 && age >= 0 && age < SETTLING_SECONDS;
}

/** The number of the newest decision about any rollout of the model; 0 before the first one. */
export function newestSequence(world: World): number {
  const recorded = world.revisions.map(({ status }) => status?.rollout?.sequence ?? 0);
  return Math.max(0, ...recorded);
}

/** Greater than any number that a router may have seen: revisions with higher ones may have been deleted. */
export function nextSequence(world: World): number {
  return 1 + Math.max(newestSequence(world), ...world.pods.map((pod) => told(pod).sequence));
}

/** A decision as a pod knows it. */
interface Told {
  /** The number of the decision; 0 before the first one. */
  readonly sequence: number;
  /** The revision that its rows go to; undefined when they stay with it. */
  readonly target?: string | undefined;
}

/** What a pod was told last, as far as it can be read. */
export function told({ routing }: Pod): Told {
  if (routing === undefined) return { sequence: 0 };
  try {
    const { sequence, candidate } = Routing.parse(JSON.parse(routing));
    return { sequence, target: candidate?.revision };
  } catch {
    return { sequence: 0 };
  }
}

const PodVolumes = z.array(
  z.looseObject({
    downwardAPI: z.looseObject({ items: z.array(z.looseObject({ path: z.string() })).default([]) }).optional(),
  }),
);

/** Whether pods of the revision read where to send rows: those of release 0.1.0 do not. */
export function canRoute(revision: Revision): boolean {
  const volumes = PodVolumes.parse(renderedPodTemplate(revision).spec.volumes);
  return volumes.some(({ downwardAPI }) => downwardAPI?.items.some(({ path }) => path === ROUTING_FILE) === true);
}
