import type { CallOptions, ClusterClient } from './cluster-client.js';
import type { Tenure } from './tenure.js';

/**
 * A client that writes only while this process leads: a write is refused with `NotLeading` when the tenure is over, and given
 * up when it ends on the way. Reads go through.
 */
export function fencedClient(cluster: ClusterClient, tenure: Tenure): ClusterClient {
  const fenced = <O extends CallOptions>(options: O): O => {
    tenure.assertLeading();
    const { signal } = options;
    return { ...options, signal: signal === undefined ? tenure.over : AbortSignal.any([signal, tenure.over]) };
  };
  return {
    get: (kind, key, options) => cluster.get(kind, key, options),
    getMetadata: (kind, key, options) => cluster.getMetadata(kind, key, options),
    getScale: (kind, key, options) => cluster.getScale(kind, key, options),
    list: (kind, options) => cluster.list(kind, options),
    watch: (kind, options) => cluster.watch(kind, options),
    create: async (kind, object, options = {}) => cluster.create(kind, object, fenced(options)),
    apply: async (kind, object, options) => cluster.apply(kind, object, fenced(options)),
    applyStatus: async (kind, object, options) => cluster.applyStatus(kind, object, fenced(options)),
    mergePatch: async (kind, key, patch, options = {}) => cluster.mergePatch(kind, key, patch, fenced(options)),
    replace: async (kind, object, options = {}) => cluster.replace(kind, object, fenced(options)),
    updateStatus: async (kind, object, options = {}) => cluster.updateStatus(kind, object, fenced(options)),
    setScale: async (kind, key, replicas, options = {}) => cluster.setScale(kind, key, replicas, fenced(options)),
    delete: async (kind, key, options) => cluster.delete(kind, key, fenced(options)),
    close: () => cluster.close(),
  };
}
