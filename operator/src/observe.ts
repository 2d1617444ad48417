import { annotations, ChurnModelSpec, ChurnModelStatus, labels } from '@churnops/crds';
import { z } from 'zod';
import { artifactContent } from './artifact-content.js';
import type { Caches } from './caches.js';
import { apiKeyName, apiKeysName, artifactName } from './decide/names.js';
import { jobOf, trainee } from './decide/training.js';
import { kinds } from './kinds.js';
import {
  deploymentFrom,
  hasClashingPort,
  jobFrom,
  podFrom,
  revisionFrom,
  selectedRevision,
} from './observed-objects.js';
import { controllerOf } from './runtime/index.js';
import type { ClusterClient, KubeObject, ObjectKey, StoreView } from './runtime/index.js';
import type { KeySecret, Model, Pod, Release, World } from './world.js';

export interface Observer {
  readonly cluster: ClusterClient;
  readonly caches: Caches;
  readonly release: Release;
}

/** What there is to see: nothing (deleted: owner references clean up), something that can't be read, or the world. */
export type Observation =
  | { readonly kind: 'Gone' }
  | {
      readonly kind: 'Unreadable';
      readonly object: KubeObject;
      readonly status: ChurnModelStatus | undefined;
      readonly message: string;
    }
  | { readonly kind: 'World'; readonly world: World };

/** Reads everything about one model: from the caches, and by a few calls what is not watched. Writes nothing. */
export async function observe(observer: Observer, key: ObjectKey, now: Date): Promise<Observation> {
  const object = observer.caches.models.store.get(key);
  if (object === undefined || object.metadata.deletionTimestamp != null) return { kind: 'Gone' };
  const status = ChurnModelStatus.safeParse(object['status']).data;
  const spec = ChurnModelSpec.safeParse(object['spec']);
  if (!spec.success)
    return unreadable(object, status, `spec does not fit this release: ${z.prettifyError(spec.error)}`);
  const model = modelFrom(object, spec.data, status);
  const revisions = revisionsOf(observer.caches, model);
  if (typeof revisions === 'string') return unreadable(object, status, revisions);
  const cached = cachedWorld(observer, model, { revisions, now });
  return { kind: 'World', world: await withCalls(observer.cluster, cached) };
}

function unreadable(object: KubeObject, status: ChurnModelStatus | undefined, message: string): Observation {
  return { kind: 'Unreadable', object, status, message: message.slice(0, 4000) };
}

function modelFrom(object: KubeObject, spec: ChurnModelSpec, status: ChurnModelStatus | undefined): Model {
  const { name, namespace = '', uid, generation = 1 } = object.metadata;
  return { key: { namespace, name }, uid, generation, spec, status, object };
}

function revisionsOf(caches: Caches, model: Model): World['revisions'] | string {
  try {
    const revisions = owned(caches.revisions.store, model).map(revisionFrom);
    return revisions.toSorted((a, b) => a.spec.number - b.spec.number);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    return `A ChurnModelRevision does not fit this release: ${z.prettifyError(error)}`;
  }
}

function cachedWorld(
  { caches, release }: Observer,
  model: Model,
  { revisions, now }: Pick<World, 'revisions' | 'now'>,
): World {
  const service = owned(caches.services.store, model).find(({ metadata }) => metadata.name === model.key.name);
  return {
    now,
    release,
    model,
    revisions,
    jobs: owned(caches.jobs.store, model).map(jobFrom),
    deployments: owned(caches.deployments.store, model).map(deploymentFrom),
    pods: podsOf(caches.pods.store, model, revisions),
    serviceRevision: service === undefined ? undefined : selectedRevision(service),
    clashingService: service !== undefined && hasClashingPort(service) ? service.metadata.uid : undefined,
    configMaps: new Set(owned(caches.configMaps.store, model).map(({ metadata }) => metadata.name)),
    artifact: undefined,
    sourceSecretExists: undefined,
    apiKey: undefined,
    apiKeys: undefined,
  };
}

/** Children of this very model: one of the same name that was deleted a moment ago had another uid. */
function owned(store: StoreView, model: Model): readonly KubeObject[] {
  return store.ownedBy(model.uid).filter((object) => controllerOf(object)?.uid === model.uid);
}

/** A pod belongs to a Job or ReplicaSet, so it is found by its label. */
function podsOf(store: StoreView, model: Model, revisions: World['revisions']): readonly Pod[] {
  const names = new Set(revisions.map(({ name }) => name));
  return store
    .withLabel(labels.model, model.key.name, model.key.namespace)
    .map(podFrom)
    .filter(({ revision }) => revision === undefined || names.has(revision));
}

async function withCalls(cluster: ClusterClient, world: World): Promise<World> {
  const { spec, key } = world.model;
  const keyed = spec.serving.access.authentication === 'ApiKey';
  const failed = await withFailedPods(cluster, world);
  return {
    ...failed,
    artifact: await readArtifact(cluster, world),
    sourceSecretExists: await sourceSecretExists(cluster, world),
    apiKey: keyed ? await keySecret(cluster, world.model, apiKeyName(key.name)) : undefined,
    apiKeys: keyed ? await keySecret(cluster, world.model, apiKeysName(key.name)) : undefined,
  };
}

async function readArtifact(cluster: ClusterClient, world: World): Promise<World['artifact']> {
  const revision = trainee(world);
  if (revision?.status?.training === undefined) return undefined;
  const name = artifactName(revision.name, world.model.uid);
  const object = await cluster.get(kinds.configMap, { namespace: world.model.key.namespace, name });
  // Another owner's ConfigMap must not become our model.
  const isOurs = object !== undefined && controllerOf(object)?.uid === world.model.uid;
  return artifactContent(isOurs ? object : undefined);
}

/** Asked only before a Job is made: later the pod says what its Secret lacks. */
async function sourceSecretExists(cluster: ClusterClient, world: World): Promise<boolean | undefined> {
  const { secretRef } = world.model.spec.data;
  const revision = trainee(world);
  if (secretRef === undefined || revision === undefined || jobOf(world, revision)?.state === 'Running')
    return undefined;
  const key = { namespace: world.model.key.namespace, name: secretRef.name };
  return (await cluster.getMetadata(kinds.secret, key)) !== undefined;
}

/** The cache of pods may be behind that of Jobs, and the pod's last words are wanted: so they are read anew. */
async function withFailedPods(cluster: ClusterClient, world: World): Promise<World> {
  const revision = trainee(world);
  const job = revision === undefined ? undefined : jobOf(world, revision);
  if (job?.state !== 'Failed') return world;
  const { namespace } = world.model.key;
  const list = await cluster.list(kinds.pod, { namespace, labelSelector: `batch.kubernetes.io/job-name=${job.name}` });
  const others = world.pods.filter((pod) => pod.job !== job.name);
  return { ...world, pods: [...others, ...list.items.map(podFrom)] };
}

async function keySecret(cluster: ClusterClient, model: Model, name: string): Promise<KeySecret | undefined> {
  const secret = await cluster.getMetadata(kinds.secret, { namespace: model.key.namespace, name });
  if (secret === undefined || controllerOf(secret)?.uid !== model.uid) return undefined;
  return { uid: secret.metadata.uid, sha256: secret.metadata.annotations?.[annotations.keySha256] };
}
