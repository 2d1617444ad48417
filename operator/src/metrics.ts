import { operatorMetrics } from '@churnops/crds';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ClusterClient, ResourceKind } from './runtime/index.js';

/** The operator's metrics, under the names of the contract. */
export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const { reconciles, reconcileSeconds, queueDepth, writes, lastEventSeconds, leader } = operatorMetrics;
  const { canaryPercent, checkVerdict, rollouts, rollbacks } = operatorMetrics;
  return {
    registry,
    reconciles: new Counter({ ...options(reconciles), registers }),
    reconcileSeconds: new Histogram({
      ...options(reconcileSeconds),
      registers,
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30],
    }),
    queueDepth: new Gauge({ ...options(queueDepth), registers }),
    writes: new Counter({ ...options(writes), registers }),
    lastEventSeconds: new Gauge({ ...options(lastEventSeconds), registers }),
    leader: new Gauge({ ...options(leader), registers }),
    canaryPercent: new Gauge({ ...options(canaryPercent), registers }),
    checkVerdict: new Gauge({ ...options(checkVerdict), registers }),
    rollouts: new Counter({ ...options(rollouts), registers }),
    rollbacks: new Counter({ ...options(rollbacks), registers }),
  };
}

/** The same client, counting the writes that it sends. */
export function countingWrites(cluster: ClusterClient, metrics: Metrics): ClusterClient {
  const count = (verb: string, kind: ResourceKind) => {
    metrics.writes.inc({ verb, resource: kind.plural });
  };
  return {
    get: (kind, key, callOptions) => cluster.get(kind, key, callOptions),
    getMetadata: (kind, key, callOptions) => cluster.getMetadata(kind, key, callOptions),
    list: (kind, listOptions) => cluster.list(kind, listOptions),
    watch: (kind, watchOptions) => cluster.watch(kind, watchOptions),
    getScale: (kind, key, callOptions) => cluster.getScale(kind, key, callOptions),
    close: () => cluster.close(),
    create(kind, object, writeOptions) {
      count('create', kind);
      return cluster.create(kind, object, writeOptions);
    },
    apply(kind, object, applyOptions) {
      count('apply', kind);
      return cluster.apply(kind, object, applyOptions);
    },
    applyStatus(kind, object, applyOptions) {
      count('apply', kind);
      return cluster.applyStatus(kind, object, applyOptions);
    },
    mergePatch(kind, key, patch, patchOptions) {
      count('patch', kind);
      return cluster.mergePatch(kind, key, patch, patchOptions);
    },
    replace(kind, object, writeOptions) {
      count('update', kind);
      return cluster.replace(kind, object, writeOptions);
    },
    updateStatus(kind, object, writeOptions) {
      count('update', kind);
      return cluster.updateStatus(kind, object, writeOptions);
    },
    setScale(kind, key, replicas, writeOptions) {
      count('patch', kind);
      return cluster.setScale(kind, key, replicas, writeOptions);
    },
    delete(kind, key, deleteOptions) {
      count('delete', kind);
      return cluster.delete(kind, key, deleteOptions);
    },
  };
}

function options<L extends string>(contract: {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly L[];
}) {
  return { name: contract.name, help: contract.help, labelNames: [...contract.labels] };
}
