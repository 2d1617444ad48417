import { annotations, FIELD_MANAGER } from '@churnops/crds';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { createCaches, sourcesOf } from './caches.js';
import { wasOvertaken } from './carry-out.js';
import type { Caches } from './caches.js';
import type { Config } from './config.js';
import { startHealthServer } from './health-server.js';
import { countingWrites, createMetrics } from './metrics.js';
import type { Metrics } from './metrics.js';
import { kinds } from './kinds.js';
import { LookTimes } from './look-times.js';
import { reconcile } from './reconcile.js';
import type { Reconciler } from './reconcile.js';
import {
  Applier,
  createClusterClient,
  EventRecorder,
  fencedClient,
  keyText,
  loadKubeConfig,
  podAccess,
  runAsLeader,
  runController,
  systemClock,
} from './runtime/index.js';
import type {
  AppliedMemory,
  Clock,
  ClusterClient,
  ControllerHooks,
  KubeAccess,
  ResourceKind,
  Tenure,
} from './runtime/index.js';
import { countRollout, forgetRollout, forgetRollouts, showRollout } from './rollout-metrics.js';
import { readPage } from './scrape/read-page.js';
import type { Release } from './world.js';

/** A running operator. */
export interface Operator {
  /** Port of its health and metrics server. */
  readonly port: number;
  /** Resolves when it was stopped. Rejects when it broke. A lost Lease ends nothing: it contends again. */
  readonly ended: Promise<void>;
  /** Ends it: running reconciles finish, the Lease is given back, connections are closed. */
  stop(): Promise<void>;
}

/** Starts an operator in this process. With an own client the caller closes it. */
export async function startOperator(
  config: Config,
  client?: ClusterClient,
  clock: Clock = systemClock,
): Promise<Operator> {
  const log = pino({ level: config.logLevel, base: null });
  const metrics = createMetrics();
  const opened = client ?? (await createClusterClient(accessTo(config)));
  const cluster = countingWrites(opened, metrics);
  const stopping = new AbortController();
  const caches = createCaches({
    cluster,
    namespaces: config.namespaces,
    clock,
    onError: (kind, err, retrySeconds) => {
      log.warn({ err, resource: kind.plural, retrySeconds }, 'Could not watch');
    },
  });
  const health = await startHealthServer(config.port, healthOf(caches, metrics, clock));
  const reflecting = Object.values(caches).map((reflector) => reflector.run(stopping.signal));
  const parts = { cluster, caches, clock, log, metrics, applied: new Map() };
  const ended = lead(config, parts, stopping.signal).finally(async () => {
    stopping.abort();
    await Promise.all(reflecting);
    await health.close();
    if (client === undefined) await opened.close();
  });
  // Whoever awaits `ended` hears of a failure; without a listener it must not end the process on its own.
  ended.catch((err: unknown) => {
    log.error({ err }, 'The operator ended');
  });
  log.info({ port: health.port, namespaces: config.namespaces }, 'The operator has started');
  return {
    port: health.port,
    ended,
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

function accessTo({ kubeconfig, pod }: Config): KubeAccess | Promise<KubeAccess> {
  return kubeconfig === undefined && pod !== undefined ? podAccess(pod) : loadKubeConfig(kubeconfig);
}

interface Parts {
  readonly cluster: ClusterClient;
  readonly caches: Caches;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly applied: AppliedMemory;
}

function reconcilerOf(config: Config, { cluster, caches, clock, log, metrics, applied }: Parts): Reconciler {
  const recorder = new EventRecorder({
    cluster,
    clock,
    controller: 'churnops.dev/operator',
    instance: config.lease.identity,
    onError: (err) => {
      log.warn({ err }, 'Could not write an event');
    },
  });
  return {
    cluster,
    caches,
    clock,
    release: releaseOf(config),
    readPage,
    looks: new LookTimes(clock),
    countEnd: (end) => {
      countRollout(metrics, end);
    },
    show: (key, rollout) => {
      if (rollout === undefined) forgetRollout(metrics, key);
      else showRollout(metrics, key, rollout);
    },
    applier: new Applier(cluster, { fieldManager: FIELD_MANAGER, hashAnnotationOf, namesVersion, memory: applied }),
    tell: (regarding, event) => {
      log.info({ churnModel: regarding.metadata.name, namespace: regarding.metadata.namespace, ...event }, 'Event');
      recorder.record({ regarding, action: 'Reconcile', ...event });
    },
  };
}

/** An annotation of a Deployment is copied to its ReplicaSets, and counts as a new generation: so it gets none. */
function hashAnnotationOf({ kind }: ResourceKind): string | undefined {
  return kind === kinds.deployment.kind ? undefined : annotations.appliedHash;
}

/** Users follow the selector of the Service: what a late leader makes of it must not undo what another one has decided since. */
function namesVersion({ kind }: ResourceKind): boolean {
  return kind === kinds.service.kind;
}

function releaseOf({ trainerImage, servingImage, operatorNamespace, scrapeNamespaces }: Config): Release {
  return { trainerImage, servingImage, operatorNamespace, scrapeNamespaces };
}

/**
 * Leads whenever this process holds the Lease, until it is stopped. Losing the Lease, as in a long outage of the API server, is
 * no reason to exit: all work of the lost tenure has ended, the caches stay warm, and it contends again.
 */
async function lead(config: Config, parts: Parts, stop: AbortSignal): Promise<void> {
  const { cluster, clock, log, metrics } = parts;
  const { identity, ...key } = config.lease;
  const onError = (err: unknown) => {
    log.warn({ err }, 'Could not renew the Lease');
  };
  while (!stop.aborted) {
    const work = (signal: AbortSignal, tenure: Tenure) => {
      log.info({ identity }, 'This process leads');
      metrics.leader.set(1);
      return control(config, { ...parts, cluster: fencedClient(cluster, tenure) }, signal);
    };
    const end = await runAsLeader({ cluster, clock, key, identity, onError, lead: work }, stop);
    metrics.leader.set(0);
    forgetRollouts(metrics);
    log.info({ end }, 'This process does not lead any more');
    if (end === 'released') return;
  }
}

async function control(config: Config, parts: Parts, signal: AbortSignal): Promise<void> {
  const { caches, clock, log, metrics } = parts;
  const reconciler = reconcilerOf(config, parts);
  const controller = { sources: sourcesOf(caches), concurrency: config.concurrency, clock };
  const hooks = hooksOf(metrics, log);
  await runController({ ...controller, hooks, reconcile: (model) => reconcile(reconciler, model) }, signal);
}

/** A backoff of this length comes after five conflicts in a row. */
const LASTING_SECONDS = 8;

function hooksOf(metrics: Metrics, log: Logger): ControllerHooks {
  return {
    onReconciled: (key, seconds, error) => {
      metrics.reconciles.inc({ outcome: error === undefined || wasOvertaken(error) ? 'ok' : 'error' });
      metrics.reconcileSeconds.observe(seconds);
      log.debug({ churnModel: keyText(key), seconds }, 'Reconciled');
    },
    onFailure: (key, err, retrySeconds) => {
      const fields = { err, churnModel: keyText(key), retrySeconds };
      // A cache that is behind our own write catches up in a moment, so only a lasting conflict is news.
      if (wasOvertaken(err) && retrySeconds < LASTING_SECONDS) log.debug(fields, 'Another write was first');
      else log.error(fields, 'Could not reconcile ChurnModel');
    },
    onDepth: (depth) => {
      metrics.queueDepth.set(depth);
    },
  };
}

function healthOf(caches: Caches, metrics: Metrics, clock: Clock) {
  let synced = false;
  void Promise.all(Object.values(caches).map((reflector) => reflector.synced)).then(() => {
    synced = true;
  });
  const ages = () => {
    for (const { kind, lastEventTime } of Object.values(caches)) {
      if (lastEventTime === undefined) continue;
      const time = clock.wall().getTime() - (clock.monotonic() - lastEventTime);
      metrics.lastEventSeconds.set({ resource: kind.plural }, time / 1000);
    }
  };
  return { registry: metrics.registry, isReady: () => synced, beforeMetrics: ages };
}
