import { randomBytes } from 'node:crypto';

/** A new signing key, by its id: see `SigningKey` of the contracts. */
export interface SigningKey {
  readonly id: string;
  /** 32 random bytes as base64. */
  readonly key: string;
}

const KEY_BYTES = 32;
/** Tells keys apart that are made in the same second. */
const ID_BYTES = 4;

/** A new key of 256 random bits whose id names this time. */
export function generateSigningKey(now: Date): SigningKey {
  const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return {
    id: `${time}-${randomBytes(ID_BYTES).toString('hex')}`,
    key: randomBytes(KEY_BYTES).toString('base64'),
  };
}

/** When a key was made, as its id says. */
export function signingKeyTime(id: string): Date {
  return new Date(id.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z.*$/, '$1-$2-$3T$4:$5:$6Z'));
}
