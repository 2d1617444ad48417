import { ARTIFACT_EXIT_CODE } from '@churnops/crds';
import type { Deployment, Pod, World } from '../world.js';
import { currentRevision, deploymentOf, isFullSize, wantedRevision } from './revisions.js';
import { lastLine } from './training-result.js';

/** A pod of the wanted revision that can't serve, while the revision isn't at full size. */
export function troubledPod(world: World): Pod | undefined {
  const wanted = wantedRevision(world);
  if (wanted === undefined || isFullSize(world, deploymentOf(world, wanted))) return undefined;
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

/** The Deployment that answers requests now: that of the current revision, or of the first one while it starts. */
export function answeringDeployment(world: World): Deployment | undefined {
  const current = currentRevision(world);
  return current === undefined
    ? world.deployments.find(({ name }) => name === world.serviceRevision)
    : deploymentOf(world, current);
}
