import { timingSafeEqual } from 'node:crypto';
import { readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiKeyEntry } from '@churnops/crds';
import type { Log } from '../log.js';
import { apiKeyHash } from './api-key.js';

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
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  report(current, log);
  const poll = async () => {
    const next = (await readKeys(folder)) ?? current;
    if (next.fingerprint !== current.fingerprint) report(next, log);
    current = next;
    schedule();
  };
  const schedule = () => {
    if (!stopped) timer = setTimeout(() => void poll(), pollMilliseconds).unref();
  };
  schedule();
  return {
    accepts: (key) => matches(key, current.hashes),
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
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
  // The kubelet swaps the link `..data` and deletes the folder behind it: a read that meets that moment is done again.
  const files = (await readFiles(folder)) ?? (await readFiles(folder));
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

/** Undefined when the folder can't be read, or goes away while it is. */
async function readFiles(folder: string): Promise<Map<string, string> | undefined> {
  try {
    const root = await realpath(join(folder, '..data')).catch(() => folder);
    const names = (await readdir(root)).filter((name) => !name.startsWith('.')).sort();
    const entries = await Promise.all(names.map(async (name) => [name, await readEntry(join(root, name))] as const));
    return new Map(entries);
  } catch {
    return undefined;
  }
}

/** The content of an entry; the empty text, which is no entry, when this one can't be read but the others may. */
async function readEntry(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && unreadableCodes.has(error.code)) return '';
    throw error;
  }
}

/** Trouble with one file; everything else (gone, too many open files) is trouble with all of them. */
const unreadableCodes: ReadonlySet<unknown> = new Set(['EACCES', 'EPERM', 'EISDIR']);

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
