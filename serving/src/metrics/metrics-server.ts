import type { FastifyInstance } from 'fastify';
import { fastify } from 'fastify';
import type { Health } from '../http/health.js';
import { problemOf } from '../http/problem-of.js';
import { Problem, PROBLEM_JSON } from '../http/problem.js';
import type { ServingMetrics } from './serving-metrics.js';

/** Metrics and health on a port of their own, which the Service does not expose. */
export function createMetricsServer(metrics: ServingMetrics, health: Health): FastifyInstance {
  const server = fastify({ logger: false, requestTimeout: 10_000, forceCloseConnections: true, bodyLimit: 1024 });
  server.setErrorHandler((error, _request, reply) => {
    const problem = problemOf(error);
    return reply.code(problem.status).headers(problem.headers).type(PROBLEM_JSON).send(problem.document());
  });
  server.setNotFoundHandler(() => {
    throw new Problem('not-found', 'This port has /metrics and /health.');
  });
  server.get('/metrics', async (_request, reply) => {
    void reply.type(metrics.registry.contentType);
    return metrics.registry.metrics();
  });
  server.get('/health/live', () => health.live());
  server.get('/health/ready', () => health.ready());
  server.get('/health', () => health.summary());
  return server;
}
