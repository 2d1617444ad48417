import type { KeyObject } from 'node:crypto';
import { createSecretKey } from 'node:crypto';
import { SIGNING_KEY_SETTLE_SECONDS, SigningKey, SigningKeyId } from '@churnops/crds';
import { readMountedFiles } from '../access/mounted-files.js';
import { repeat } from '../repeat.js';

/** A key that pods of one model sign with. */
export interface MountedKey {
  readonly id: string;
  /** An object and not bytes: signing costs a quarter then. */
  readonly key: KeyObject;
}

/** The signing keys that are mounted now. */
export interface SigningKeys {
  /** All of them, oldest first: each verifies. */
  all(): readonly MountedKey[];
  stop(): void;
}

const pollMilliseconds = 2_000;

/**
 * Reads the mounted `<model>-signing`, and again every 2 seconds. Files that hold no key are left out; while the folder itself
 * can't be read, the keys stay as they were.
 */
export async function watchSigningKeys(folder: string): Promise<SigningKeys> {
  let current: readonly MountedKey[] = [];
  const poll = async () => {
    const files = await readMountedFiles(folder);
    if (files !== undefined) current = [...files].flatMap(([id, content]) => mountedKey(id, content));
  };
  await poll();
  return { all: () => current, stop: repeat(poll, pollMilliseconds) };
}

function mountedKey(id: string, content: string): MountedKey[] {
  if (!SigningKeyId.safeParse(id).success || !SigningKey.safeParse(content).success) return [];
  return [{ id, key: createSecretKey(content, 'base64') }];
}

/**
 * The key to sign with: the newest that every pod has read by now (`SIGNING_KEY_SETTLE_SECONDS`), else the first; undefined
 * when there is none.
 *
 * @param now Unix time in milliseconds.
 */
export function signingKey(keys: readonly MountedKey[], now: number): MountedKey | undefined {
  const settled = keys.filter(({ id }) => now - madeTime(id) >= SIGNING_KEY_SETTLE_SECONDS * 1000);
  return settled.at(-1) ?? keys[0];
}

/** When a key was made, as its id says: Unix time in milliseconds. */
function madeTime(id: string): number {
  return Date.parse(id.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z.*$/, '$1-$2-$3T$4:$5:$6Z'));
}
