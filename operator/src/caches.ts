import { isDeepStrictEqual } from 'node:util';
import { labels } from '@churnops/crds';
import { MANAGED_BY } from './desired/ownership.js';
import { keptPart } from './kept-part.js';
import { kinds } from './kinds.js';
import { Reflector } from './runtime/index.js';
import type { Change, Clock, ClusterClient, KubeObject, ObjectKey, ResourceKind, Source } from './runtime/index.js';

/** Local copies of everything that is watched. Secrets never are; of ConfigMaps only the metadata. */
export type Caches = Readonly<Record<keyof typeof watched, Reflector>>;

export interface CacheOptions {
  readonly cluster: ClusterClient;
  /** Empty: all namespaces. */
  readonly namespaces: readonly string[];
  readonly clock: Clock;
  readonly onError: (kind: ResourceKind, error: unknown, retrySeconds: number) => void;
  /** In [0, 1), for waits between tries. */
  readonly random?: (() => number) | undefined;
}

const ours = `${labels.managedBy}=${MANAGED_BY}`;

const watched = {
  models: { kind: kinds.churnModel, labelSelector: undefined },
  revisions: { kind: kinds.churnModelRevision, labelSelector: undefined },
  jobs: { kind: kinds.job, labelSelector: ours },
  deployments: { kind: kinds.deployment, labelSelector: ours },
  services: { kind: kinds.service, labelSelector: ours },
  pods: { kind: kinds.pod, labelSelector: ours },
  serviceAccounts: { kind: kinds.serviceAccount, labelSelector: ours },
  roles: { kind: kinds.role, labelSelector: ours },
  roleBindings: { kind: kinds.roleBinding, labelSelector: ours },
  configMaps: { kind: kinds.configMap, labelSelector: ours },
  horizontalPodAutoscalers: { kind: kinds.horizontalPodAutoscaler, labelSelector: ours },
  podDisruptionBudgets: { kind: kinds.podDisruptionBudget, labelSelector: ours },
  networkPolicies: { kind: kinds.networkPolicy, labelSelector: ours },
} as const;

/** Makes the reflectors; nothing runs yet. */
export function createCaches(options: CacheOptions): Caches {
  const { cluster, namespaces, clock, onError, random } = options;
  const make = ({ kind, labelSelector }: { kind: ResourceKind; labelSelector: string | undefined }) =>
    new Reflector({
      cluster,
      kind,
      labelSelector,
      namespaces,
      clock,
      random,
      metadataOnly: kind === kinds.configMap,
      keep: keptPart(kind),
      onError: (error, retrySeconds) => {
        onError(kind, error, retrySeconds);
      },
    });
  return {
    models: make(watched.models),
    revisions: make(watched.revisions),
    jobs: make(watched.jobs),
    deployments: make(watched.deployments),
    services: make(watched.services),
    pods: make(watched.pods),
    serviceAccounts: make(watched.serviceAccounts),
    roles: make(watched.roles),
    roleBindings: make(watched.roleBindings),
    configMaps: make(watched.configMaps),
    horizontalPodAutoscalers: make(watched.horizontalPodAutoscalers),
    podDisruptionBudgets: make(watched.podDisruptionBudgets),
    networkPolicies: make(watched.networkPolicies),
  };
}

/** Which model's key comes back at a change: the model itself, and the one that the label of a child names. */
export function sourcesOf(caches: Caches): readonly Source[] {
  const { models, horizontalPodAutoscalers, podDisruptionBudgets, ...children } = caches;
  return [
    { reflector: models, keysOf: ownKey },
    { reflector: horizontalPodAutoscalers, keysOf: keysUnlessFigures },
    { reflector: podDisruptionBudgets, keysOf: keysUnlessFigures },
    ...Object.values(children).map((reflector) => ({ reflector, keysOf: modelKeys })),
  ];
}

/** The cached object of a kind; undefined also for kinds that aren't watched. */
export function cachedObject(caches: Caches, kind: ResourceKind, key: ObjectKey): KubeObject | undefined {
  return Object.values(caches)
    .find((reflector) => reflector.kind === kind)
    ?.store.get(key);
}

function ownKey(change: Change): readonly ObjectKey[] {
  const { name, namespace = '' } = (change.now ?? change.old).metadata;
  return [{ namespace, name }];
}

/** The status of an autoscaler changes every 15 s with what pods use. Nothing is decided by it. */
function keysUnlessFigures(change: Change): readonly ObjectKey[] {
  const { old, now } = change;
  const onlyFigures = old !== undefined && now !== undefined && isDeepStrictEqual(wish(old), wish(now));
  return onlyFigures ? [] : modelKeys(change);
}

function wish(object: KubeObject): object {
  const metadata = { ...object.metadata, resourceVersion: undefined, managedFields: undefined };
  return { ...object, metadata, status: undefined };
}

function modelKeys(change: Change): readonly ObjectKey[] {
  // Both sides: a label or owner that someone took away must bring its model back, which restores it.
  const names = [change.old, change.now].flatMap((object) => (object === undefined ? [] : modelNames(object)));
  const { namespace = '' } = (change.now ?? change.old).metadata;
  return [...new Set(names)].map((name) => ({ namespace, name }));
}

function modelNames({ metadata }: KubeObject): readonly string[] {
  const label = metadata.labels?.[labels.model];
  const owners = metadata.ownerReferences ?? [];
  return [
    ...(label === undefined ? [] : [label]),
    ...owners.filter(({ kind }) => kind === kinds.churnModel.kind).map(({ name }) => name),
  ];
}
