import { annotations } from '@churnops/crds';
import { z } from 'zod';
import type { Cluster } from './cluster-access.js';
import { at, type KubeObject, textAt } from './kube-object.js';

const Discovery = z.looseObject({
  resources: z.array(
    z.looseObject({ name: z.string(), kind: z.string(), namespaced: z.boolean(), verbs: z.array(z.string()) }),
  ),
});
const Groups = z.looseObject({
  groups: z.array(z.looseObject({ preferredVersion: z.looseObject({ groupVersion: z.string() }) })),
});

/** Group paths with the plural of every type that is namespaced and can be listed, as `/apis/apps/v1` and `deployments`. */
export async function listableTypes(cluster: Cluster): Promise<(readonly [group: string, plural: string])[]> {
  const { groups } = Groups.parse(await cluster.call('GET', '/apis'));
  const versions = groups.map(({ preferredVersion }) => preferredVersion.groupVersion);
  // Figures are no objects that anybody made.
  const roots = [
    '/api/v1',
    ...versions.filter((name) => !name.startsWith('metrics.k8s.io/')).map((name) => `/apis/${name}`),
  ];
  const types: (readonly [string, string])[] = [];
  for (const root of roots) {
    const { resources } = Discovery.parse(await cluster.call('GET', root));
    for (const { name, namespaced, verbs } of resources) {
      if (namespaced && verbs.includes('list') && !name.includes('/')) types.push([root, name]);
    }
  }
  return types;
}

// What the cluster makes by itself or names by chance: it follows from what is compared.
const derived = ['events', 'pods', 'replicasets', 'endpoints', 'endpointslices', 'leases', 'controllerrevisions'];
const volatileFields = [
  ...['uid', 'resourceVersion', 'creationTimestamp', 'managedFields', 'clusterIP', 'clusterIPs'],
  // It covers the owner's uid.
  annotations.appliedHash,
  // Of a rollout: how many rows there were when somebody looked, and which share routers had said by then.
  ...['evidence', 'checks', 'acknowledgedPercent'],
];
// Their controllers look every 15 s, whatever the operator does; and an apply that came late, and was mended, counts in the generation.
const withOwnPace = ['horizontalpodautoscalers/', 'poddisruptionbudgets/'];
const ownByCluster = ['configmaps/kube-root-ca.crt', 'serviceaccounts/default'];

// Types do not change while tests run, and finding them takes a call per API group.
const knownTypes = new WeakMap<Cluster, ReturnType<typeof listableTypes>>();

async function typesToCompare(cluster: Cluster) {
  const types = knownTypes.get(cluster) ?? listableTypes(cluster);
  knownTypes.set(cluster, types);
  return (await types).filter(([, plural]) => !derived.includes(plural));
}

const UID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;

/**
 * Every object of a namespace that somebody asked for, by `plural/name`, without what differs from run to run: uid, times,
 * versions, the namespace's name, addresses, generated keys. Two stories with the same end have equal results.
 */
export async function normalized(cluster: Cluster, namespace: string): Promise<Record<string, unknown>> {
  const lists = await Promise.all(
    (await typesToCompare(cluster)).map(async ([root, plural]) => {
      const objects = await cluster.list(`${root}/namespaces/${namespace}/${plural}`);
      return objects.map((object): [string, KubeObject] => [`${plural}/${object.metadata.name}`, object]);
    }),
  );
  const found = lists.flat().filter(([key]) => !ownByCluster.includes(key));
  const models = found.filter(([key]) => key.startsWith('churnmodels/'));
  const shortUids = models.map(([, model]) => (model.metadata.uid ?? '').slice(0, 8));
  const keyHashes = keyHashesOf(found.map(([, object]) => object));
  const artifacts = artifactHashesOf(found.map(([, object]) => object));
  const clean = (text: string) => {
    let result = text.replaceAll(UID, 'UID').replaceAll(TIME, 'TIME').replaceAll(namespace, 'NAMESPACE');
    for (const uid of shortUids) result = result.replaceAll(uid, 'SHORT-UID');
    for (const hash of keyHashes) result = result.replaceAll(hash, 'KEY-HASH');
    for (const [index, hash] of artifacts.entries()) result = result.replaceAll(hash, `ARTIFACT-${index}`);
    // The hashes of a history cover its times.
    if (result.includes('"prunedTime"')) {
      result = result.replaceAll(/"(previous|carries|sha256)":"[0-9a-f]{64}"/g, '"$1":"HASH"');
    }
    // A manifest names the pod that trained; a Deployment tells the hash of its template, which names the artifact.
    return result
      .replaceAll(/"host":"[^"]*"/g, '"host":"HOST"')
      .replaceAll(/\b(failures|latency): .*?(?=\. Change the spec|"|$)/g, '$1: FIGURES')
      .replaceAll(/\d{8}T\d{6}Z-[0-9a-f]{8}/g, 'SIGNING-KEY')
      .replaceAll(/ReplicaSet "([^"]*)-[a-z0-9]+"/g, 'ReplicaSet "$1-HASH"');
  };
  const entries = found.map(([key, object]): [string, unknown] => [
    clean(key),
    withoutChance(comparable(key, object), clean),
  ]);
  return Object.fromEntries(entries.sort(([a], [b]) => a.localeCompare(b)));
}

function keyHashesOf(objects: readonly KubeObject[]): string[] {
  const annotation = annotations.keySha256;
  return [...new Set(objects.flatMap((object) => object.metadata.annotations?.[annotation] ?? []))];
}

function artifactHashesOf(objects: readonly KubeObject[]): string[] {
  const hashes = objects.map((object) => at(object, 'status', 'artifact', 'sha256'));
  return [...new Set(hashes.filter((hash) => typeof hash === 'string'))];
}

function comparable(key: string, object: KubeObject): object {
  if (key.startsWith('secrets/')) return withoutSecrets(object);
  if (!withOwnPace.some((plural) => key.startsWith(plural))) return object;
  return { ...object, status: undefined, metadata: { ...object.metadata, generation: undefined } };
}

function withoutSecrets(secret: KubeObject): object {
  return { ...secret, data: Object.keys(z.record(z.string(), z.string()).catch({}).parse(secret['data'])) };
}

function withoutChance(value: unknown, clean: (text: string) => string): unknown {
  if (typeof value === 'string') return clean(value);
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => withoutChance(item, clean));
    // Conditions come in the order in which they first became true.
    return items.every((item) => at(item, 'type') !== undefined)
      ? items.sort((a, b) => textAt(a, 'type').localeCompare(textAt(b, 'type')))
      : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key]) => !volatileFields.includes(key))
    .map(([key, inner]): [string, unknown] => [clean(key), withoutChance(inner, clean)]);
  return Object.fromEntries(entries);
}
