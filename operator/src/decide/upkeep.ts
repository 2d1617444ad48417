import { autoscaler } from '../desired/autoscaler.js';
import { disruptionBudget } from '../desired/disruption-budget.js';
import { newServingDeployment, servingDeployment } from '../desired/serving-deployment.js';
import { servingService } from '../desired/serving-service.js';
import { kinds } from '../kinds.js';
import type { Revision, World } from '../world.js';
import type { Action } from './action.js';
import { isArtifactThere } from './artifact-there.js';
import { quotaRetry } from './quota-retry.js';
import { previousBudgetName } from './names.js';
import { candidateRevision, currentRevision, deploymentOf, previousRevision, revisionNamed } from './revisions.js';
import { isAutoscaled, isFullSize, wantedReplicas } from './size.js';

/** What keeps the current revision serving. It comes first in a plan, so that nothing new can hold it up. */
export function upkeep(world: World): readonly Action[] {
  const current = currentRevision(world);
  if (current === undefined) return [...autoscalerRemoval(world), ...service(world)];
  return [
    ...autoscalerRemoval(world),
    ...servingPods(world, current),
    ...(othersAnswer(world, current) ? [] : direction(world, current)),
    ...wayBack(world),
  ];
}

/** The pods of the revision before, for as long as the current one bakes. */
function wayBack(world: World): readonly Action[] {
  const previous = previousRevision(world);
  if (previous === undefined) return budgetRemoval(world);
  const budget = disruptionBudget(world.model, previous.name, previousBudgetName(world.model.key.name));
  return [...servingPods(world, previous), { kind: 'Apply', object: budget }];
}

function budgetRemoval({ previousBudget: left }: World): readonly Action[] {
  if (left === undefined || left.terminating) return [];
  const { name, uid } = left;
  return [{ kind: 'Delete', resource: kinds.podDisruptionBudget, name, uid }];
}

/** What directs requests, size and evictions to one revision. */
function direction(world: World, current: Revision): readonly Action[] {
  return [
    ...service(world),
    // The autoscaler moves after the Service: until then what it scales is what answers.
    ...([undefined, current.name].includes(world.serviceRevision) ? autoscaling(world, current) : []),
    { kind: 'Apply', object: disruptionBudget(world.model, current.name) },
  ];
}

/**
 * Whether the Service waits with its move, as others answer: pods whose revision was deleted by hand, until those of the current one
 * are all ready; pods of another revision, until one of the current revision can answer. It could when its promotion was recorded,
 * but an operator may have been away since.
 */
function othersAnswer(world: World, current: Revision): boolean {
  const name = world.serviceRevision;
  const other = world.deployments.find((deployment) => deployment.name === name && !deployment.terminating);
  if (other === undefined || name === current.name || other.readyReplicas === 0) return false;
  if (revisionNamed(world, name) === undefined) return !isFullSize(world, current);
  return (deploymentOf(world, current)?.readyReplicas ?? 0) === 0;
}

/** The Deployment of a revision with a recorded artifact, at the wanted size. */
export function servingPods(world: World, revision: Revision): readonly Action[] {
  const { model } = world;
  const artifact = revision.status?.artifact;
  if (artifact === undefined) return [];
  const deployment = deploymentOf(world, revision);
  const replicas = wantedReplicas(world, revision);
  if (deployment === undefined) {
    // Pods of a new Deployment could never start without the artifact.
    const startable = isArtifactThere(world, artifact);
    const applied = servingDeployment(model, revision, artifact);
    return startable ? [{ kind: 'Create', object: newServingDeployment(applied, replicas) }] : [];
  }
  // Nothing holds it up any more; when it is gone, another one is made.
  if (deployment.terminating) return [];
  const scaled = deployment.wantedReplicas === replicas;
  return [
    { kind: 'Apply', object: servingDeployment(model, revision, artifact) },
    ...(scaled ? [] : [{ kind: 'Scale', deployment: deployment.name, replicas } as const]),
    ...quotaRetry(world, deployment),
  ];
}

/** The autoscaler of what serves. A candidate has none: it follows the size of what serves. */
function autoscaling(world: World, current: Revision): readonly Action[] {
  if (!isAutoscaled(world)) return [];
  return [{ kind: 'Apply', object: autoscaler(world.model, current.name) }];
}

/** Before anything is scaled, else the two would be at odds. */
function autoscalerRemoval(world: World): readonly Action[] {
  const { autoscaler: left, model } = world;
  if (left === undefined || left.terminating || isAutoscaled(world)) return [];
  return [{ kind: 'Delete', resource: kinds.horizontalPodAutoscaler, name: model.key.name, uid: left.uid }];
}

/** The Service points at the current revision, or at the first one as soon as it has a Deployment. */
function service(world: World): readonly Action[] {
  const target = currentRevision(world) ?? firstRevision(world);
  return target === undefined ? [] : [{ kind: 'Apply', object: servingService(world.model, target.name) }];
}

/** A candidate with a Deployment, unless pods answer whose revision was deleted by hand: they go on until it is promoted. */
function firstRevision(world: World): Revision | undefined {
  const candidate = candidateRevision(world);
  const answering = world.deployments.find(({ name }) => name === world.serviceRevision);
  const isFree = answering === undefined || answering.name === candidate?.name;
  return isFree && deploymentOf(world, candidate) !== undefined ? candidate : undefined;
}
