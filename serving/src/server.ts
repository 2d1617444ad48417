import { setTimeout as sleep } from 'node:timers/promises';
import type { KeyRing } from './access/key-ring.js';
import type { RateLimit } from './access/request-limit.js';
import { Explainer } from './explanation/explainer.js';
import { Health } from './http/health.js';
import { createPublicServer } from './http/public-server.js';
import type { Log } from './log.js';
import { createMetricsServer } from './metrics/metrics-server.js';
import { ServingMetrics } from './metrics/serving-metrics.js';
import { Predictor } from './prediction/predictor.js';
import type { ServedModel } from './prediction/served-model.js';
import { Availability } from './routing/availability.js';
import { notForwarding } from './routing/forwarding.js';
import type { PeeringOptions } from './routing/peering.js';
import { Peering } from './routing/peering.js';
import type { Retirement } from './routing/retirement.js';

export interface ServerOptions {
  readonly served: ServedModel;
  /** Undefined: anyone may ask. */
  readonly keyRing: KeyRing | undefined;
  /** Undefined: anyone may ask as often as he likes. */
  readonly rateLimit: RateLimit | undefined;
  readonly retirement: Retirement;
  readonly requestTimeoutSeconds: number;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Undefined: no metrics port. */
  readonly metricsPort: number | undefined;
  /** Undefined: a process without peers, which answers everything itself. */
  readonly peering: PeeringOptions | undefined;
  readonly log: Log;
}

export interface Server {
  readonly port: number;
  readonly metricsPort: number | undefined;
  readonly peerPort: number | undefined;
  /**
   * Stops taking requests, answers those that are there, and frees everything. Resolves when all is done: at the
   * latest after 5 s and the request timeout, when clients that still sent nothing whole are cut off.
   */
  drain(): Promise<void>;
}

/** How long a leaving server still takes connections, in milliseconds: at least until clients have seen it leave. */
const lingerMilliseconds = { least: 500, most: 5_000, step: 50 };

/** Opens the ports and answers. The model must be good and warm already. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { served, keyRing, retirement, host } = options;
  const availability = new Availability(retirement);
  const metrics = new ServingMetrics({
    model: served.model,
    revision: served.revision,
    artifactSha256: served.artifactSha256,
    categoricalFeatures: categoricalFeatures(served),
  });
  const health = new Health(served, availability);
  const peering = options.peering && new Peering({ ...options, ...options.peering, registry: metrics.registry });
  const explainer = new Explainer(served);
  const predictor = new Predictor(served, metrics, peering?.router ?? notForwarding, explainer);
  const app = await createPublicServer({ ...options, availability, metrics, health, predictor });
  const metricsServer = createMetricsServer(metrics, health);
  const close = async () => {
    await app.close();
    await metricsServer.close();
    peering?.close();
    keyRing?.stop();
    retirement.stop();
    await explainer.close();
    await served.engine.close();
  };
  let peerPort: number | undefined;
  try {
    peerPort = await peering?.listen(predictor, host);
    await app.listen(options.port, host);
    if (options.metricsPort !== undefined) await metricsServer.listen({ port: options.metricsPort, host });
  } catch (error) {
    // A port that is open already would keep the process alive.
    await close();
    throw error;
  }
  const httpServer = app.getHttpServer();
  return {
    port: portOf(httpServer.address()),
    metricsPort: options.metricsPort === undefined ? undefined : portOf(metricsServer.server.address()),
    peerPort,
    async drain() {
      availability.drain();
      peering?.leave();
      await linger(() => countConnections(httpServer));
      // A server that is closed looks for slow clients no longer: one silent connection would hold it open for ever.
      const deadline = setTimeout(() => {
        httpServer.closeAllConnections();
      }, options.requestTimeoutSeconds * 1000);
      await close();
      clearTimeout(deadline);
    },
  };
}

function categoricalFeatures({ manifest }: ServedModel): string[] {
  return manifest.features
    .filter(({ encoding }) => encoding.kind === 'OneHot' || encoding.kind === 'Codes')
    .map(({ name }) => name);
}

function portOf(address: unknown): number {
  if (typeof address === 'object' && address !== null && 'port' in address) return Number(address.port);
  throw new Error('The server does not listen on a TCP port');
}

interface Counted {
  getConnections(callback: (error: Error | null, count: number) => void): void;
}

function countConnections(server: Counted): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}

/**
 * Clients with a kept connection may send their next request at any moment; every answer asks them to close it. Closing
 * the port before they have would lose that request.
 */
async function linger(openConnections: () => Promise<number>): Promise<void> {
  const { least, most, step } = lingerMilliseconds;
  for (let waited = 0; waited < most; waited += step) {
    if (waited >= least && (await openConnections()) === 0) return;
    await sleep(step);
  }
}
