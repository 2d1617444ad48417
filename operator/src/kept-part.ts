import { kinds } from './kinds.js';
import type { KubeObject, ResourceKind } from './runtime/index.js';

/**
 * What the caches hold of an object of this kind. A thousand models have some ten thousand children; most of their memory would
 * go to `managedFields` and to the specs of pods, which nothing here reads.
 */
export function keptPart(kind: ResourceKind): (object: KubeObject) => KubeObject {
  if (kind === kinds.pod) return (object) => ({ ...unmanaged(object), spec: undefined });
  return kind === kinds.job ? withoutTemplate : unmanaged;
}

function withoutTemplate(object: KubeObject): KubeObject {
  const { spec } = object;
  if (typeof spec !== 'object') return unmanaged(object);
  return { ...unmanaged(object), spec: { ...spec, template: undefined } };
}

function unmanaged(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, managedFields: undefined } };
}
