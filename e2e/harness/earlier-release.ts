import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from 'undici';
import { z } from 'zod';
import { accessOf, Cluster } from './cluster-access.js';
import type { ControlPlane } from './control-plane.js';
import { collectionOf, KubeObject } from './kube-object.js';
import { repositoryRoot } from './repository-root.js';

const Recorded = z.object({
  recordedAt: z.string(),
  namespace: z.string(),
  objects: z.array(z.object({ resource: z.string(), object: KubeObject })),
});

/** What a release left behind: `e2e/samples/releases` tells how it was recorded. */
export interface EarlierRelease {
  /** Folder of its Helm chart. */
  readonly chart: string;
  /** Folder of its CRDs. */
  readonly crds: string;
  /** Namespace of its objects. */
  readonly namespace: string;
  readonly objects: readonly { readonly resource: string; readonly object: KubeObject }[];
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** Reads a recorded release, with all its times moved as if it had been recorded now: nothing in it has run out. */
export async function earlierRelease(version: string): Promise<EarlierRelease> {
  const folder = join(repositoryRoot(), 'e2e/samples/releases', version);
  const text = await readFile(join(folder, 'objects.json'), 'utf8');
  const { recordedAt } = Recorded.parse(JSON.parse(text));
  const age = Date.now() - Date.parse(recordedAt);
  const recorded = Recorded.parse(
    JSON.parse(text, (_, value: unknown) =>
      typeof value === 'string' && TIME.test(value) ? later(value, age) : value,
    ),
  );
  return { chart: join(folder, 'chart'), crds: join(folder, 'crds'), ...recorded };
}

function later(time: string, milliseconds: number): string {
  const moved = new Date(Date.parse(time) + milliseconds).toISOString();
  // The API server writes seconds or microseconds, the operator milliseconds.
  const fraction = /\.(\d+)Z$/.exec(time)?.[1] ?? '';
  return fraction === '' ? moved.replace(/\.\d+Z$/, 'Z') : moved.replace('Z', '0'.repeat(fraction.length - 3) + 'Z');
}

/**
 * Puts the objects of a release into the store of a control plane, below the API server: with the uids, generations, times and
 * managed fields that they had, which no API call can set. Controllers must not run yet, or they would see a part without the rest.
 */
export async function restoreRelease(plane: ControlPlane, release: EarlierRelease): Promise<void> {
  const cluster = new Cluster(accessOf(await readFile(plane.kubeconfig, 'utf8')));
  try {
    await cluster.create(collectionOf('Namespace'), { metadata: { name: release.namespace } });
  } finally {
    await cluster.close();
  }
  for (const { resource, object } of release.objects) {
    await put(plane.etcdUrl, storageKey(resource, object), JSON.stringify(stored(object)));
  }
}

/** In the store, an object has no version of its own: that is the revision at which it was written. */
function stored(object: KubeObject): object {
  return { ...object, metadata: { ...object.metadata, resourceVersion: undefined } };
}

/** Groups of CustomResourceDefinitions are part of the key, those of Kubernetes are not. */
function storageKey(resource: string, { apiVersion = '', metadata }: KubeObject): string {
  const group = apiVersion.split('/')[0] ?? '';
  const folder = group === 'churnops.dev' ? `${group}/${resource}` : resource;
  return `/registry/${resource === 'services' ? 'services/specs' : folder}/${metadata.namespace ?? ''}/${metadata.name}`;
}

async function put(etcdUrl: string, key: string, value: string): Promise<void> {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const { statusCode, body } = await request(`${etcdUrl}/v3/kv/put`, {
    method: 'POST',
    body: JSON.stringify({ key: base64(key), value: base64(value) }),
  });
  const answer = await body.text();
  if (statusCode !== 200) throw new Error(`etcd did not take ${key}: ${statusCode} ${answer}`);
}
