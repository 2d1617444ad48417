import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repeat } from '../repeat.js';

/** Whether the revision of this pod no longer serves, so that clients should open their next connection elsewhere. */
export interface Retirement {
  retired(): boolean;
  stop(): void;
}

const pollMilliseconds = 500;

/** Reads the file `retired` of the downward API twice a second: not empty means retired. */
export function watchRetirement(folder: string): Retirement {
  const path = join(folder, 'retired');
  let retired = false;
  const poll = async () => {
    // A pod without the file was never told anything.
    const content = await readFile(path, 'utf8').catch(() => '');
    retired = content.trim() !== '';
  };
  void poll();
  return { retired: () => retired, stop: repeat(poll, pollMilliseconds) };
}

/** For a process that no operator moves traffic away from. */
export const neverRetired: Retirement = { retired: () => false, stop: () => undefined };
