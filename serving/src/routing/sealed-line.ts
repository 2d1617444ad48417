import type { KeyObject } from 'node:crypto';
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { MountedKey } from './signing-keys.js';

/**
 * Signs a JSON document for the peer port: `<key id> <HMAC-SHA-256 as hex> <document>`. The signature covers the whole document,
 * and with it the message's id, rows, revision and time.
 */
export function seal({ id, key }: MountedKey, document: string): string {
  return `${id} ${signatureOf(key, document).toString('hex')} ${document}`;
}

/** The document of a sealed line; undefined unless one of the keys signed it. Compares in constant time. */
export function unseal(keys: readonly MountedKey[], line: string): string | undefined {
  const [, id, signature = '', document = ''] = /^(\S{1,64}) ([0-9a-f]{64}) (.*)$/.exec(line) ?? [];
  const signer = keys.find((candidate) => candidate.id === id);
  if (signer === undefined) return undefined;
  return timingSafeEqual(signatureOf(signer.key, document), Buffer.from(signature, 'hex')) ? document : undefined;
}

/** Signed documents may be at most so old, or so far ahead, in milliseconds. */
const MAX_SKEW_MILLISECONDS = 60_000;

/** Whether a document with this time may still be answered; both are Unix times in milliseconds. */
export function isFresh(time: number, now: number): boolean {
  return Math.abs(now - time) <= MAX_SKEW_MILLISECONDS;
}

function signatureOf(key: KeyObject, document: string): Buffer {
  return createHmac('sha256', key).update(document).digest();
}
