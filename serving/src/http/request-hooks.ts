import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { needsKey, requireApiKey } from '../access/access-check.js';
import type { KeyRing } from '../access/key-ring.js';
import type { RateLimit } from '../access/request-limit.js';
import { RequestLimit } from '../access/request-limit.js';
import type { ServingMetrics } from '../metrics/serving-metrics.js';
import type { Availability } from '../routing/availability.js';
import { noSuchRoute } from './no-such-route.js';

/** What happens around every request, whatever its route. */
export interface RequestSurroundings {
  /** Undefined: anyone may ask. */
  readonly keyRing: KeyRing | undefined;
  /** Undefined: no limit. */
  readonly rateLimit: RateLimit | undefined;
  readonly availability: Availability;
  readonly metrics: ServingMetrics;
}

/** Adds access check, rate limit, connection handling and metrics to every route that is registered later. */
export function addRequestHooks(
  fastify: FastifyInstance,
  { keyRing, rateLimit, availability, metrics }: RequestSurroundings,
): void {
  const limit = rateLimit && new RequestLimit(rateLimit, metrics);
  // Before the body is read: who has no key, or asks for what is not there, can't make the server read and parse it.
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (request.is404) throw noSuchRoute(request);
    const route = request.routeOptions.url;
    if (route !== undefined && needsKey(route)) {
      const key = keyRing && requireApiKey(request.headers, keyRing);
      limit?.admit(key ?? addressOf(request));
    }
    done();
  });
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    setConnectionHeader(reply, availability);
    void reply.headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff' });
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    metrics.answered(routePattern(request), reply.statusCode, reply.elapsedTime / 1000);
    done();
  });
}

/** The peer of the connection, whatever headers claim. It is unknown once the connection is gone, and so is who would read the answer. */
function addressOf(request: FastifyRequest): string {
  return request.socket.remoteAddress ?? '';
}

function setConnectionHeader(reply: FastifyReply, availability: Availability): void {
  if (availability.leaving()) void reply.header('connection', 'close');
  // Fastify closes the connection after a 413 while the client still sends, which loses the answer. Node reads the rest
  // of the body away, for as long as the request timeout allows.
  else if (reply.statusCode === 413) void reply.removeHeader('connection');
}

/** Never the path itself: a caller could make endless label values. */
function routePattern(request: FastifyRequest): string {
  return request.routeOptions.url ?? 'unmatched';
}
