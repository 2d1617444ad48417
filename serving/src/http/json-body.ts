import type { FastifyInstance } from 'fastify';
import { Problem } from './problem.js';

const KIB = 1024;

/** What a body may take, in bytes, by route. All other routes take none. */
const bodyLimits: Readonly<Record<string, number>> = {
  '/predict': 256 * KIB,
  '/predict/batch': 8 * KIB * KIB,
};

/**
 * Takes JSON bodies only, each route up to its own limit. Must be called before the routes are registered.
 *
 * `JSON.parse` keeps `__proto__` as an ordinary own key and does not recurse, so neither poisoned nor deep documents need
 * a special case here: the row encoder refuses what is no column.
 */
export function acceptJsonBodies(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    route.bodyLimit = bodyLimits[route.url] ?? KIB;
  });
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, JSON.parse(body.toString()));
    } catch (error) {
      done(new Problem('invalid-json', jsonErrorDetail(error)), undefined);
    }
  });
}

/** V8 quotes the text around the error, which may hold a customer's values: only the position is told. */
function jsonErrorDetail(error: unknown): string {
  const position = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined;
  return position === undefined
    ? 'The body is empty, or ends before the JSON document does.'
    : `The JSON document breaks at character ${Number(position) + 1}.`;
}
