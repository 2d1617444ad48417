import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

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
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const poll = async () => {
    // A pod without the file was never told anything.
    const content = await readFile(path, 'utf8').catch(() => '');
    retired = content.trim() !== '';
    if (!stopped) timer = setTimeout(() => void poll(), pollMilliseconds).unref();
  };
  void poll();
  return {
    retired: () => retired,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** For a process that no operator moves traffic away from. */
export const neverRetired: Retirement = { retired: () => false, stop: () => undefined };
