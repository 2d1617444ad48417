import { annotations, ChurnModelSpec, ChurnModelStatus, labels } from '@churnops/crds';
import { z } from 'zod';
import { artifactContent, contractOf } from './artifact-content.js';
import type { Caches } from './caches.js';
import { beginningOf } from './decide/canary/beginning.js';
import { newlyDecided, podsToRead, secondsBetweenLooks } from './decide/canary/under-way.js';
import { apiKeyName, apiKeysName, artifactName, historyName, previousBudgetName, signingName } from './decide/names.js';
import { orphans } from './decide/orphans.js';
import { prunable } from './decide/pruning.js';
import { newestRevision, trainingOf, wantedRevision } from './decide/revisions.js';
import { podlessJob } from './decide/job-start.js';
import { jobOf, trainee } from './decide/training.js';
import { historyContent } from './history-content.js';
import { kinds } from './kinds.js';
import { parseKnown } from './known-fields.js';
import type { LookTimes } from './look-times.js';
import {
  autoscalerFrom,
  deploymentFrom,
  jobFrom,
  newestNote,
  podFrom,
  revisionFrom,
  selectedRevision,
  signingSecretFrom,
} from './observed-objects.js';
import { RevisionUnreadable } from './revision-unreadable.js';
import { verdictManager } from './verdict-manager.js';
import { controllerOf } from './runtime/index.js';
import { readPages } from './scrape/read-pages.js';
import type { PageReader } from './scrape/read-pages.js';
import type { ClusterClient, KubeObject, ObjectKey, ResourceKind, StoreView } from './runtime/index.js';
import type {
  Belonging,
  HistoryContent,
  KeySecret,
  Model,
  Pod,
  Release,
  Revision,
  SigningSecret,
  World,
} from './world.js';

export interface Observer {
  readonly cluster: ClusterClient;
  readonly caches: Caches;
  readonly release: Release;
  readonly readPage: PageReader;
  readonly looks: LookTimes;
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
  const status = parseKnown(ChurnModelStatus, object['status']).data;
  const spec = parseKnown(ChurnModelSpec, object['spec']);
  if (!spec.success)
    return unreadable(object, status, `spec does not fit this release: ${z.prettifyError(spec.error)}`);
  const model = modelFrom(object, spec.data, status);
  try {
    return { kind: 'World', world: await worldOf(observer, model, now) };
  } catch (error) {
    if (!(error instanceof RevisionUnreadable)) throw error;
    return unreadable(object, status, error.message);
  }
}

/** Throws `RevisionUnreadable`. */
async function worldOf(observer: Observer, model: Model, now: Date): Promise<World> {
  const { cluster, caches } = observer;
  const revisions = inOrder(childrenIn(caches.revisions.store, model).map(revisionFrom));
  const cached = cachedWorld(observer, model, { revisions, now });
  const fresh = await withOpenRun(cluster, await withNewRevisions(cluster, cached));
  return withPages(observer, await withCalls(cluster, await withHistory(cluster, fresh)));
}

/** What the pods of a rollout say, when it is time to ask them. */
async function withPages({ readPage, looks }: Observer, world: World): Promise<World> {
  const seconds = secondsBetweenLooks(world);
  if (seconds === undefined) {
    looks.forget(world.model.key);
    return world;
  }
  if (!looks.isDue(world.model.key, seconds)) return world;
  const watchedSeconds = looks.watchedSeconds(world.model.key);
  return { ...world, watchedSeconds, pages: await readPages(readPage, podsToRead(world)) };
}

function unreadable(object: KubeObject, status: ChurnModelStatus | undefined, message: string): Observation {
  return { kind: 'Unreadable', object, status, message: message.slice(0, 4000) };
}

function modelFrom(object: KubeObject, spec: ChurnModelSpec, status: ChurnModelStatus | undefined): Model {
  const { name, namespace = '', uid, generation = 1 } = object.metadata;
  return { key: { namespace, name }, uid, generation, spec, status, object };
}

function inOrder(revisions: readonly Revision[]): World['revisions'] {
  return revisions.toSorted((a, b) => a.spec.number - b.spec.number);
}

function cachedWorld(
  { caches, release }: Observer,
  model: Model,
  { revisions, now }: Pick<World, 'revisions' | 'now'>,
): World {
  const service = childrenIn(caches.services.store, model).find(({ metadata }) => metadata.name === model.key.name);
  return {
    now,
    release,
    model,
    revisions,
    jobs: childrenIn(caches.jobs.store, model).map(jobFrom),
    deployments: childrenIn(caches.deployments.store, model).map(deploymentFrom),
    pods: podsOf(caches.pods.store, model, revisions),
    serviceRevision: service === undefined ? undefined : selectedRevision(service),
    autoscaler: childrenIn(caches.horizontalPodAutoscalers.store, model)
      .filter(({ metadata }) => metadata.name === model.key.name)
      .map(autoscalerFrom)[0],
    previousBudget: previousBudget(caches, model),
    jobRefusal: undefined,
    configMaps: new Set(childrenIn(caches.configMaps.store, model).map(({ metadata }) => metadata.name)),
    belongings: belongingsOf(caches, model),
    history: undefined,
    artifact: undefined,
    sourceSecretExists: undefined,
    apiKey: undefined,
    apiKeys: undefined,
    signing: undefined,
    verdictManagers: new Map(),
    contracts: undefined,
    pages: undefined,
    watchedSeconds: 0,
  };
}

function previousBudget(caches: Caches, model: Model): World['previousBudget'] {
  const name = previousBudgetName(model.key.name);
  const found = childrenIn(caches.podDisruptionBudgets.store, model).find(({ metadata }) => metadata.name === name);
  if (found === undefined) return undefined;
  return { name, uid: found.metadata.uid, terminating: found.metadata.deletionTimestamp != null };
}

function belongingsOf(caches: Caches, model: Model): readonly Belonging[] {
  // In this order they are deleted: first what gives a right.
  const reflectors = [caches.roleBindings, caches.roles, caches.serviceAccounts, caches.configMaps];
  return reflectors.flatMap(({ kind, store }) =>
    childrenIn(store, model).map(({ metadata: { name, uid } }) => ({ resource: kind, name, uid })),
  );
}

/** Children of this very model: one of the same name that was deleted a moment ago had another uid. */
function childrenIn(store: StoreView, model: Model): readonly KubeObject[] {
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

/**
 * A new leader's cache may lack a revision that the last leader made and counted in the model's status. It is looked for before
 * another one is made, else the same spec would be trained twice; and before its Deployment is taken for one that lost its revision.
 */
async function withNewRevisions(cluster: ClusterClient, world: World): Promise<World> {
  const { model, revisions } = world;
  if (!mayLackRevisions(world)) return world;
  const labelSelector = `${labels.model}=${model.key.name}`;
  const list = await cluster.list(kinds.churnModelRevision, { namespace: model.key.namespace, labelSelector });
  const known = new Set(revisions.map(({ name }) => name));
  const missed = list.items.filter((item) => controllerOf(item)?.uid === model.uid && !known.has(item.metadata.name));
  return { ...world, revisions: inOrder([...revisions, ...missed.map(revisionFrom)]) };
}

/** Whether what its caches hold speaks of a revision that they don't hold. */
export function mayLackRevisions(world: World): boolean {
  const isBehind = (world.model.status?.lastRevisionNumber ?? 0) > (newestRevision(world)?.spec.number ?? 0);
  return (isBehind && wantedRevision(world) === undefined) || orphans(world).length > 0;
}

/**
 * Before a revision is deleted, all of them are read anew: a late cache must not hide who uses its artifact, nor what its report
 * must tell. The history is read then, and also when the model's status does not say any more which numbers were used.
 */
async function withHistory(cluster: ClusterClient, world: World): Promise<World> {
  if (prunable(world).length > 0) {
    const fresh = { ...world, revisions: await liveRevisions(cluster, world) };
    return prunable(fresh).length === 0 ? fresh : { ...fresh, history: await readHistory(cluster, world.model) };
  }
  const numberIsLost = world.model.status?.lastRevisionNumber === undefined;
  const hasHistory = world.configMaps.has(historyName(world.model.key.name));
  return numberIsLost && hasHistory ? { ...world, history: await readHistory(cluster, world.model) } : world;
}

async function readHistory(cluster: ClusterClient, model: Model): Promise<HistoryContent> {
  const [object] = await liveChild(cluster, model, kinds.configMap, historyName(model.key.name));
  return historyContent(object);
}

async function liveRevisions(cluster: ClusterClient, { model, revisions }: World): Promise<World['revisions']> {
  const labelSelector = `${labels.model}=${model.key.name}`;
  const list = await cluster.list(kinds.churnModelRevision, { namespace: model.key.namespace, labelSelector });
  const listed = list.items.filter((item) => controllerOf(item)?.uid === model.uid);
  const names = new Set(listed.map(({ metadata }) => metadata.name));
  // A label that someone took away hides a revision from the list, but not from us.
  const unlisted = revisions.filter(({ name }) => !names.has(name));
  const found = await Promise.all(
    unlisted.map(({ name }) => liveChild(cluster, model, kinds.churnModelRevision, name)),
  );
  return inOrder([...listed, ...found.flat()].map(revisionFrom));
}

/**
 * A Job that is missing while its run is open will be made again. Both are read anew before: the Job may be too new for the
 * cache, and one whose result was recorded a moment ago must not run again.
 */
async function withOpenRun(cluster: ClusterClient, world: World): Promise<World> {
  const revision = trainee(world);
  const name = revision?.status?.training?.job;
  if (revision === undefined || name === undefined || trainingOf(revision) !== 'Open') return world;
  if (jobOf(world, revision) !== undefined) return world;
  const now = await liveChild(cluster, world.model, kinds.churnModelRevision, revision.name);
  const job = await liveChild(cluster, world.model, kinds.job, name);
  const others = world.revisions.filter((other) => other !== revision);
  return {
    ...world,
    revisions: inOrder([...others, ...now.map(revisionFrom)]),
    jobs: [...world.jobs, ...job.map(jobFrom)],
  };
}

/** The object of this name, if it is a child of this very model. */
async function liveChild(
  cluster: ClusterClient,
  { key, uid }: Model,
  kind: ResourceKind,
  name: string,
): Promise<readonly KubeObject[]> {
  const object = await cluster.get(kind, { namespace: key.namespace, name });
  return object !== undefined && controllerOf(object)?.uid === uid ? [object] : [];
}

async function withCalls(cluster: ClusterClient, world: World): Promise<World> {
  const { spec, key } = world.model;
  const keyed = spec.serving.access.authentication === 'ApiKey';
  const failed = await withFailedPods(cluster, world);
  return {
    ...failed,
    artifact: await readArtifact(cluster, world),
    verdictManagers: await newVerdictManagers(cluster, world),
    contracts: await contracts(cluster, world),
    jobRefusal: await jobRefusal(cluster, world),
    sourceSecretExists: await sourceSecretExists(cluster, world),
    apiKey: keyed ? await keySecret(cluster, world.model, apiKeyName(key.name)) : undefined,
    apiKeys: keyed ? await keySecret(cluster, world.model, apiKeysName(key.name)) : undefined,
    signing: await signingSecret(cluster, world.model),
  };
}

async function readArtifact(cluster: ClusterClient, world: World): Promise<World['artifact']> {
  const revision = trainee(world);
  if (revision?.status?.training === undefined) return undefined;
  const name = artifactName(revision.name, world.model.uid);
  // Another owner's ConfigMap must not become our model.
  const [object] = await liveChild(cluster, world.model, kinds.configMap, name);
  return artifactContent(object);
}

/** Caches don't hold who set what: it is asked for when there is a new verdict. */
async function newVerdictManagers(cluster: ClusterClient, world: World): Promise<World['verdictManagers']> {
  const read = await Promise.all(
    newlyDecided(world).map(async ({ name }) => {
      const [object] = await liveChild(cluster, world.model, kinds.churnModelRevision, name);
      const manager = verdictManager(object);
      return manager === undefined ? [] : [[name, manager] as const];
    }),
  );
  return new Map(read.flat());
}

/** Read only before a rollout begins: what is recorded of it says what they came to. */
async function contracts(cluster: ClusterClient, world: World): Promise<World['contracts']> {
  const beginning = beginningOf(world);
  if (beginning === undefined) return undefined;
  const read = await Promise.all(
    [beginning.current, beginning.candidate].map(async ({ name, status }) => {
      const [object] = await liveChild(cluster, world.model, kinds.configMap, status?.artifact?.configMap ?? '');
      const contract = contractOf(object);
      return contract === undefined ? [] : [[name, contract] as const];
    }),
  );
  return new Map(read.flat());
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

/** Why a Job has no pod: its controller says so in events only, which are not watched. */
async function jobRefusal(cluster: ClusterClient, world: World): Promise<string | undefined> {
  const job = podlessJob(world);
  if (job === undefined) return undefined;
  const fieldSelector = `regarding.uid=${job.uid},reason=FailedCreate`;
  const { items } = await cluster.list(kinds.event, { namespace: world.model.key.namespace, fieldSelector });
  return newestNote(items);
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
  const secret = await ownSecret(cluster, model, name);
  if (secret === undefined) return undefined;
  return { uid: secret.metadata.uid, sha256: secret.metadata.annotations?.[annotations.keySha256] };
}

async function signingSecret(cluster: ClusterClient, model: Model): Promise<SigningSecret | undefined> {
  const secret = await ownSecret(cluster, model, signingName(model.key.name));
  return secret === undefined ? undefined : signingSecretFrom(secret);
}

/** The metadata of a Secret of this very model. */
async function ownSecret(cluster: ClusterClient, model: Model, name: string): Promise<KubeObject | undefined> {
  const secret = await cluster.getMetadata(kinds.secret, { namespace: model.key.namespace, name });
  return secret !== undefined && controllerOf(secret)?.uid === model.uid ? secret : undefined;
}
