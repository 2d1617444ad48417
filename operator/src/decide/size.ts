import type { ChurnModelSpec } from '@churnops/crds';
import type { Revision, World } from '../world.js';
import { isOnTheWay } from './canary/rollout-facts.js';
import { currentRevision, deploymentOf, previousRevision } from './revisions.js';

type Autoscaling = ChurnModelSpec['autoscaling'];

/**
 * The pods that the Deployment of a revision should ask for. A candidate in a rollout needs some for the share that it is to get, and
 * what is kept to go back to grows with what serves.
 */
export function wantedReplicas(world: World, revision: Revision): number {
  const whole = wholeReplicas(world, revision);
  const { rollout } = revision.status ?? {};
  if (rollout !== undefined && isOnTheWay(revision)) return Math.max(1, Math.ceil((whole * rollout.sizePercent) / 100));
  if (revision !== previousRevision(world)) return whole;
  return Math.max(whole, deploymentOf(world, revision)?.wantedReplicas ?? 0);
}

/**
 * The pods for all rows. Without a HorizontalPodAutoscaler the user says so. With one, a candidate follows what serves, and the
 * current revision is left at the size that it has.
 */
function wholeReplicas(world: World, revision: Revision): number {
  const { autoscaling } = world.model.spec;
  if (!isAutoscaled(world)) return autoscaling.replicas;
  if (revision !== currentRevision(world)) return within(autoscaling, sizeOfServing(world));
  const own = deploymentOf(world, revision);
  if (own === undefined) return within(autoscaling, sizeOfServing(world));
  // An autoscaler takes 0 for switched off, and would leave it at that.
  const scaledByOther = world.autoscaler?.target === own.name && own.wantedReplicas > 0;
  return scaledByOther ? own.wantedReplicas : Math.max(autoscaling.minReplicas, own.wantedReplicas);
}

/** The pods of a revision that must be ready for it to serve as this generation asks; a candidate must match what serves. */
export function fullSize(world: World, revision: Revision | undefined): number {
  const { minReplicas, replicas } = world.model.spec.autoscaling;
  if (revision !== undefined && isOnTheWay(revision)) return wantedReplicas(world, revision);
  if (!isAutoscaled(world)) return replicas;
  if (revision === undefined || revision === currentRevision(world)) return minReplicas;
  return wantedReplicas(world, revision);
}

/** Whether so many pods of a revision run its newest template and are ready. More are as good: an autoscaler may add some. */
export function isFullSize(world: World, revision: Revision | undefined): boolean {
  const deployment = deploymentOf(world, revision);
  if (deployment === undefined || deployment.terminating) return false;
  // An autoscaler changes the current Deployment at any time: that its controller has yet to see so says nothing of the pods.
  if (!deployment.observed && revision !== currentRevision(world)) return false;
  const { wantedReplicas: asked, updatedReplicas, readyReplicas } = deployment;
  const size = fullSize(world, revision);
  return [asked, updatedReplicas, readyReplicas].every((count) => count >= size);
}

/** Whether the operator makes a HorizontalPodAutoscaler for the model. */
export function isAutoscaled(world: World): boolean {
  return world.model.spec.autoscaling.policy === 'HorizontalPodAutoscaler';
}

/** The size of what serves now; of its predecessor, or what the autoscaler said last, when its Deployment is gone. */
function sizeOfServing(world: World): number {
  const promoted = world.revisions.filter(({ status }) => status?.promotedTime !== undefined);
  const deployments = [...promoted, currentRevision(world)].map((revision) => deploymentOf(world, revision));
  const serving = deployments.findLast((deployment) => deployment !== undefined);
  return serving?.wantedReplicas ?? world.autoscaler?.desiredReplicas ?? 0;
}

function within({ minReplicas, maxReplicas }: Autoscaling, size: number): number {
  return Math.min(maxReplicas, Math.max(minReplicas, size));
}
