import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';

export interface Health {
  readonly registry: Registry;
  /** Brings the gauges up to date that nobody sets on time. */
  readonly beforeMetrics: () => void;
  /** Whether the caches are filled. */
  readonly isReady: () => boolean;
}

/** A listening server of `/healthz`, `/readyz` and `/metrics`. */
export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts to listen on the port (0: any free one). Rejects when it is taken. */
export async function startHealthServer(port: number, health: Health): Promise<HealthServer> {
  const server = createServer((request, response) => {
    void answer(request.url ?? '', response, health);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, resolve);
  });
  return { port: portOf(server), close: () => closed(server) };
}

async function answer(
  url: string,
  response: ServerResponse,
  { registry, isReady, beforeMetrics }: Health,
): Promise<void> {
  switch (url.split('?')[0]) {
    case '/healthz':
      response.end('ok\n');
      return;
    case '/readyz':
      response.statusCode = isReady() ? 200 : 503;
      response.end(isReady() ? 'ok\n' : 'The caches are being filled\n');
      return;
    case '/metrics':
      beforeMetrics();
      response.setHeader('Content-Type', registry.contentType);
      response.end(await registry.metrics());
      return;
    case undefined:
    default:
      response.statusCode = 404;
      response.end('Not found\n');
  }
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
