import { annotations } from '@churnops/crds';
import { kinds } from '../kinds.js';
import type { Deployment, World } from '../world.js';
import type { Action, LookAgain } from './action.js';
import { ageSeconds } from './age-seconds.js';
import { isQuota } from './refusal.js';
import { candidateRevision, currentRevision, deploymentOf } from './revisions.js';

const RETRY_SECONDS = 30;

/**
 * Asks for pods again that a quota refused. The ReplicaSet controller's own backoff grows to 17 minutes; any change of the
 * Deployment's annotations, which are copied to the ReplicaSet, makes it try at once.
 */
export function quotaRetry(world: World, deployment: Deployment): readonly Action[] {
  if (!isQuota(deployment.podsRefused) || secondsLeft(world, deployment) > 0) return [];
  const patch = { metadata: { annotations: { [annotations.retried]: world.now.toISOString() } } };
  return [{ kind: 'Patch', resource: kinds.deployment, name: deployment.name, uid: deployment.uid, patch }];
}

/** When to ask for refused pods again. */
export function nextQuotaRetry(world: World): LookAgain | undefined {
  const deployments = [currentRevision(world), candidateRevision(world)].map((each) => deploymentOf(world, each));
  const refused = deployments.some((deployment) => deployment !== undefined && isQuota(deployment.podsRefused));
  return refused ? { seconds: RETRY_SECONDS, reason: 'A quota has no room for pods' } : undefined;
}

function secondsLeft(world: World, { retriedTime }: Deployment): number {
  return retriedTime === undefined ? 0 : RETRY_SECONDS - ageSeconds(world.now, retriedTime);
}
