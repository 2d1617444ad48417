import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { API_KEY_PATTERN } from '@churnops/crds';

/** Makes a new key with 256 random bits, in the format that `API_KEY_PATTERN` describes. */
export function newApiKey(): string {
  const body = `churnops_${randomBytes(32).toString('base64url')}`;
  return `${body}_${checksumOf(body)}`;
}

/** Whether a text can be a key at all: right format and checksum. Says nothing about who may use it. */
export function isWellFormedApiKey(text: string): boolean {
  if (!API_KEY_PATTERN.test(text)) return false;
  const split = text.lastIndexOf('_');
  return checksumOf(text.slice(0, split)) === text.slice(split + 1);
}

/** SHA-256 of a key, the only form in which one is kept. */
export function apiKeyHash(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}

function checksumOf(body: string): string {
  return crc32(body).toString(16).padStart(8, '0');
}
