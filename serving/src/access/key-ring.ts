import { timingSafeEqual } from 'node:crypto';
import { ApiKeyEntry } from '@churnops/crds';
import type { Log } from '../log.js';
import { repeat } from '../repeat.js';
import { apiKeyHash } from './api-key.js';
import { readMountedFiles } from './mounted-files.js';

/** The keys that are accepted now. */
export interface KeyRing {
  /** Compares in constant time with every accepted key. */
  accepts(key: string): boolean;
  stop(): void;
}

const pollMilliseconds = 2_000;

/** A ring with one key that never changes. */
export function singleKeyRing(key: string): KeyRing {
  const hashes = [apiKeyHash(key)];
  return { accepts: (candidate) => matches(candidate, hashes), stop: () => undefined };
}

/**
 * Reads a folder with one `ApiKeyEntry` a file, and again every 2 seconds: a mounted Secret changes under a running pod.
 * An entry that can't be read accepts nobody and is logged. While the folder itself can't be read, the keys stay as they
 * were: that is trouble of this machine (too many open files, say) and nobody's wish.
 */
export async function watchKeyFolder(folder: string, log: Log): Promise<KeyRing> {
  let current = (await readKeys(folder)) ?? noKeys;
  report(current, log);
  const poll = async () => {
    const next = (await readKeys(folder)) ?? current;
    if (next.fingerprint !== current.fingerprint) report(next, log);
    current = next;
  };
  return { accepts: (key) => matches(key, current.hashes), stop: repeat(poll, pollMilliseconds) };
}

interface Keys {
  readonly hashes: readonly Buffer[];
  /** Names of entries that accept nobody. */
  readonly unreadable: readonly string[];
  /** Changes when the folder's content does. */
  readonly fingerprint: string;
}

const noKeys: Keys = { hashes: [], unreadable: [], fingerprint: '' };

/** Undefined when the folder can't be read. */
async function readKeys(folder: string): Promise<Keys | undefined> {
  const files = await readMountedFiles(folder);
  if (files === undefined) return undefined;
  const hashes: Buffer[] = [];
  const unreadable: string[] = [];
  for (const [name, content] of files) {
    const entry = parseEntry(content);
    if (entry === undefined) unreadable.push(name);
    else hashes.push(Buffer.from(entry.sha256, 'hex'));
  }
  return { hashes, unreadable, fingerprint: JSON.stringify([...files]) };
}

function parseEntry(content: string): ApiKeyEntry | undefined {
  try {
    return ApiKeyEntry.safeParse(JSON.parse(content)).data;
  } catch {
    return undefined;
  }
}

function report(keys: Keys, log: Log): void {
  log.info({ keys: keys.hashes.length }, 'Read the API keys');
  for (const entry of keys.unreadable) log.error({ entry }, 'An API key entry is unreadable and accepts nobody');
  if (keys.hashes.length === 0) log.warn('No API key is accepted: every prediction will be refused');
}

function matches(key: string, hashes: readonly Buffer[]): boolean {
  const presented = apiKeyHash(key);
  let found = false;
  // No early exit: the time must not tell which entry a key is near to.
  for (const hash of hashes) found = timingSafeEqual(presented, hash) || found;
  return found;
}
