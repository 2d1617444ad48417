import { FIELD_MANAGER } from '@churnops/crds';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { createCaches, sourcesOf } from './caches.js';
import { wasOvertaken } from './carry-out.js';
import type { Caches } from './caches.js';
import type { Config } from './config.js';
import { startHealthServer } from './health-server.js';
import { countingWrites, createMetrics } from './metrics.js';
import type { Metrics } from './metrics.js';
import { reconcile } from './reconcile.js';
import type { Reconciler } from './reconcile.js';
import {
  Applier,
  createClusterClient,
  EventRecorder,
  keyText,
  loadKubeConfig,
  runAsLeader,
  runController,
  systemClock,
} from './runtime/index.js';
import type { Clock, ClusterClient, ControllerHooks, LeadershipEnd } from './runtime/index.js';
import type { Release } from './world.js';

/** A running operator. */
export interface Operator {
  /** Port of its health and metrics server. */
  readonly port: number;
  /** Resolves when it has ended: `lost` means that another process may lead now. Rejects when it broke. */
  readonly ended: Promise<LeadershipEnd>;
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
  const opened = client ?? (await createClusterClient(loadKubeConfig(config.kubeconfig)));
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
  const reconciler = reconcilerOf(config, { cluster, caches, clock, log });
  const reflecting = Object.values(caches).map((reflector) => reflector.run(stopping.signal));
  const ended = lead(config, { reconciler, metrics, log }, stopping.signal).finally(async () => {
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

interface Parts {
  readonly cluster: ClusterClient;
  readonly caches: Caches;
  readonly clock: Clock;
  readonly log: Logger;
}

function reconcilerOf(config: Config, { cluster, caches, clock, log }: Parts): Reconciler {
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
    applier: new Applier(cluster, FIELD_MANAGER),
    tell: (regarding, event) => {
      log.info({ churnModel: regarding.metadata.name, namespace: regarding.metadata.namespace, ...event }, 'Event');
      recorder.record({ regarding, action: 'Reconcile', ...event });
    },
  };
}

function releaseOf({ trainerImage, servingImage, operatorNamespace, scrapeNamespaces }: Config): Release {
  return { trainerImage, servingImage, operatorNamespace, scrapeNamespaces };
}

async function lead(
  config: Config,
  { reconciler, metrics, log }: { reconciler: Reconciler; metrics: Metrics; log: Logger },
  stop: AbortSignal,
): Promise<LeadershipEnd> {
  const { cluster, caches, clock } = reconciler;
  const { identity, ...key } = config.lease;
  const end = await runAsLeader(
    {
      cluster,
      clock,
      key,
      identity,
      onError: (err) => {
        log.warn({ err }, 'Could not renew the Lease');
      },
      lead: async (signal) => {
        metrics.leader.set(1);
        log.info({ identity }, 'This process leads');
        const controller = { sources: sourcesOf(caches), concurrency: config.concurrency, clock };
        const hooks = hooksOf(metrics, log);
        await runController({ ...controller, hooks, reconcile: (model) => reconcile(reconciler, model) }, signal);
      },
    },
    stop,
  );
  metrics.leader.set(0);
  log.info({ end }, 'This process does not lead any more');
  return end;
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
