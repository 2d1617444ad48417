import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** A new API key and the hex SHA-256 that stands for it. */
export interface ApiKey {
  readonly key: string;
  readonly sha256: string;
}

const RANDOM_BYTES = 32;

/** A new key of 256 random bits, in the form of `API_KEY_PATTERN`. */
export function generateApiKey(): ApiKey {
  const body = `churnops_${randomBytes(RANDOM_BYTES).toString('base64url')}`;
  const key = `${body}_${crc32(body).toString(16).padStart(8, '0')}`;
  return { key, sha256: createHash('sha256').update(key).digest('hex') };
}
