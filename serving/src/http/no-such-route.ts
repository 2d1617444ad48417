import type { FastifyRequest } from 'fastify';
import { Problem } from './problem.js';

const methods = ['GET', 'POST'] as const;

/** The problem of a request that no route takes: 405 where another method is taken, else 404. */
export function noSuchRoute(request: FastifyRequest): Problem {
  const path = request.url.split('?', 1)[0] ?? '/';
  const allowed = methods.filter((method) => request.server.hasRoute({ url: path, method }));
  if (allowed.length === 0) {
    return new Problem(
      'not-found',
      'Predictions are at POST /predict and POST /predict/batch; /docs describes the API.',
    );
  }
  const allow = allowed.join(', ');
  return new Problem('method-not-allowed', `Use ${allow} here.`, { headers: { allow } });
}
