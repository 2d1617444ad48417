import { newServingDeployment, servingDeployment } from '../desired/serving-deployment.js';
import { servingService } from '../desired/serving-service.js';
import type { Revision, World } from '../world.js';
import type { Action } from './action.js';
import { candidateRevision, currentRevision, deploymentOf } from './revisions.js';

/** What keeps the current revision serving. It comes first in a plan, so that nothing new can hold it up. */
export function upkeep(world: World): readonly Action[] {
  const current = currentRevision(world);
  const serving = current === undefined ? [] : servingPods(world, current);
  return [...apiKeys(world), ...serving, ...service(world)];
}

/** The Deployment of a revision with a recorded artifact, at the wanted size. */
export function servingPods(world: World, revision: Revision): readonly Action[] {
  const { model } = world;
  const artifact = revision.status?.artifact;
  if (artifact === undefined) return [];
  const deployment = deploymentOf(world, revision);
  if (deployment === undefined) {
    // Pods of a new Deployment could never start without the artifact.
    const startable = world.configMaps.has(artifact.configMap);
    return startable ? [{ kind: 'Create', object: newServingDeployment(model, revision, artifact) }] : [];
  }
  // Nothing holds it up any more; when it is gone, another one is made.
  if (deployment.terminating) return [];
  const { replicas } = model.spec.autoscaling;
  const scaled = deployment.wantedReplicas === replicas;
  return [
    { kind: 'Apply', object: servingDeployment(model, revision, artifact) },
    ...(scaled ? [] : [{ kind: 'Scale', deployment: deployment.name, replicas } as const]),
  ];
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

/**
 * The generated key. Its Secret is made before the one with the hash, which always follows the annotation of the first: so a
 * death in between is mended without reading a key.
 */
function apiKeys(world: World): readonly Action[] {
  if (world.model.spec.serving.access.authentication !== 'ApiKey') return [];
  const sha256 = world.apiKey?.sha256;
  const matching = sha256 !== undefined && world.apiKeys?.sha256 === sha256;
  return matching ? [] : [{ kind: 'WriteApiKey', sha256 }];
}
