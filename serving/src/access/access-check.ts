import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from '../http/problem.js';
import { isWellFormedApiKey } from './api-key.js';
import type { KeyRing } from './key-ring.js';

/** Routes that are answered without a key: probes, and the description of the API. */
const openRoutes = /^\/(health(\/.*)?|docs(\/.*)?|openapi\.json)$/;

/** Whether a route pattern needs a key. */
export function needsKey(route: string): boolean {
  return !openRoutes.test(route);
}

/**
 * The valid key in `X-API-Key` or `Authorization: Bearer`.
 *
 * @throws Problem 401 when there is none.
 */
export function requireApiKey(headers: IncomingHttpHeaders, ring: KeyRing): string {
  const key = presentedKey(headers);
  if (key === undefined) {
    throw refusal('Send the key in the header X-API-Key, or as Authorization: Bearer.', '');
  }
  if (!isWellFormedApiKey(key)) throw refusal('The key is incomplete or mistyped.', ', error="invalid_token"');
  if (!ring.accepts(key)) throw refusal('The key is not accepted here.', ', error="invalid_token"');
  return key;
}

function presentedKey(headers: IncomingHttpHeaders): string | undefined {
  const direct = headers['x-api-key'];
  if (typeof direct === 'string') return direct.trim();
  return /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
}

function refusal(detail: string, error: string): Problem {
  return new Problem('unauthorized', detail, { headers: { 'www-authenticate': `Bearer realm="churnops"${error}` } });
}
