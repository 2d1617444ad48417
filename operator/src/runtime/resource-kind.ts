import type { ObjectKey } from './kube-object.js';

/** What the API server needs to know to find objects of a kind. */
export interface ResourceKind {
  /** `v1`, or `group/version`. */
  readonly apiVersion: string;
  readonly kind: string;
  /** The name in URLs, as in `kubectl api-resources`. */
  readonly plural: string;
  readonly namespaced: boolean;
}

export type Subresource = 'status' | 'scale';

/** The path of a collection. An empty namespace means all namespaces. */
export function collectionPath(kind: ResourceKind, namespace: string): string {
  const root = kind.apiVersion.includes('/') ? `/apis/${kind.apiVersion}` : `/api/${kind.apiVersion}`;
  const scope = kind.namespaced && namespace !== '' ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${kind.plural}`;
}

/** The path of one object, or of its subresource. */
export function objectPath(kind: ResourceKind, key: ObjectKey, subresource?: Subresource): string {
  if (kind.namespaced && key.namespace === '') throw new Error(`${kind.kind} ${key.name} needs a namespace`);
  const path = `${collectionPath(kind, key.namespace)}/${encodeURIComponent(key.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}
