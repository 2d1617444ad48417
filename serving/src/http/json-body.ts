import type { FastifyInstance } from 'fastify';
import { hasMoreContainers } from './container-count.js';
import { Problem } from './problem.js';

const KIB = 1024;

/** A body up to this length, in characters, can't become much memory. */
const smallBody = 256 * KIB;

/** Objects and lists in a body: ten times what the largest batch has. */
const maxContainers = 100_000;

/** What a body may take, in bytes, by route. All other routes take none. */
const bodyLimits: Readonly<Record<string, number>> = {
  '/predict': 256 * KIB,
  '/predict/batch': 8 * KIB * KIB,
  '/explain': KIB * KIB,
};

/**
 * Takes JSON bodies only, each route up to its own limit. Must be called before the routes are registered.
 *
 * `JSON.parse` keeps `__proto__` as an ordinary own key and does not recurse, so neither poisoned nor deep documents need
 * a special case here: the row encoder refuses what is no column. The number of objects is limited before they are made:
 * 8 MiB of brackets become 400 MB.
 */
export function acceptJsonBodies(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    route.bodyLimit = bodyLimits[route.url] ?? KIB;
  });
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    const text = body.toString();
    if (text.length > smallBody && hasMoreContainers(text, maxContainers)) {
      done(new Problem('batch-too-large', `A body takes ${maxContainers} objects and lists at most. Send fewer rows.`));
      return;
    }
    try {
      done(null, JSON.parse(text));
    } catch (error) {
      done(new Problem('invalid-json', jsonErrorDetail(error)), undefined);
    }
  });
}

/** V8 quotes the text around the error, which may hold a customer's values: only the position is told. */
function jsonErrorDetail(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  if (message === 'Unexpected end of JSON input') return 'The body is empty, or ends before the JSON document does.';
  const position = /in JSON at position (\d+) \(line \d+ column \d+\)$/.exec(message)?.[1];
  return position === undefined
    ? 'The body is not a JSON document; names and texts stand in double quotes.'
    : `The JSON document breaks at character ${Number(position) + 1}.`;
}
