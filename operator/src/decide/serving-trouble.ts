import { ARTIFACT_EXIT_CODE } from '@churnops/crds';
import type { Pod, World } from '../world.js';
import { readyPods } from './ready-pods.js';
import { currentRevision, wantedRevision } from './revisions.js';
import { isFullSize } from './size.js';
import { lastLine } from './training-result.js';

/** A pod of the wanted revision that can't serve, while the revision isn't at full size. */
export function troubledPod(world: World): Pod | undefined {
  const wanted = wantedRevision(world);
  if (wanted === undefined || isFullSize(world, wanted)) return undefined;
  const troubled = world.pods
    .filter((pod) => pod.revision === wanted.name && !pod.ready && pod.problem !== undefined)
    // Caches have no order: without one, two troubled pods would take turns in the status.
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return troubled.find(refusesArtifact) ?? troubled[0];
}

/** Whether the pod ended since its artifact can't be served. */
export function refusesArtifact(pod: Pod): boolean {
  return pod.problem?.exitCode === ARTIFACT_EXIT_CODE;
}

/** What a pod suffers from, in a sentence. */
export function describeTrouble(pod: Pod): string {
  const text = lastLine(pod.problem?.message ?? '');
  return `Pod ${pod.name}: ${pod.problem?.reason ?? ''}${text === '' ? '' : `: ${text}`}`;
}

/**
 * How many ready pods requests reach now: those that the Service selects, whether or not their Deployment is still there. A
 * Service that is gone is made again at once.
 */
export function answeringPods(world: World): number {
  const name = world.serviceRevision ?? currentRevision(world)?.name;
  if (name === undefined) return 0;
  // Pods of a revision that was deleted by hand are known by their Deployment only.
  const deployment = world.deployments.find((each) => each.name === name);
  return Math.max(readyPods(world, name).length, deployment?.readyReplicas ?? 0);
}
