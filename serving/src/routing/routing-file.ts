import { readFileSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROUTING_FILE } from '@churnops/crds';
import type { Log } from '../log.js';
import { repeat } from '../repeat.js';
import type { RoutingState } from './routing-state.js';
import { readRouting, unrouted } from './routing-state.js';

/** The routing annotation of this pod, as the downward API shows it. */
export interface RoutingFile {
  /** Calls the listener with the routing that is there, if one is, and whenever it changes. */
  follow(listener: (state: RoutingState) => void): void;
  stop(): void;
}

const pollMilliseconds = 200;

/** How long a new pod may wait for its first routing, in milliseconds since its process started. */
const firstRoutingMilliseconds = 2_000;

/**
 * Reads the routing file five times a second: the kubelet swaps a link, which `fs.watch` sees once and never again. Resolves when
 * the first routing is known. A file that is there and empty is what every new pod has, rollout or not: it is waited for until
 * the process is 2 s old, which loading the model has used up for the most part. A pod that starts without it answers by itself,
 * which is safe at any time; waiting only keeps a customer from getting the old answer between two new ones.
 */
export async function watchRoutingFile(folder: string, log: Log): Promise<RoutingFile> {
  const path = join(folder, ROUTING_FILE);
  let state = unrouted;
  let listener: (state: RoutingState) => void = () => undefined;
  const poll = () => {
    const before = state;
    const reading = readRouting(before, readText(path) ?? before.text);
    state = reading.state;
    if (reading.ignored !== undefined) log.warn({ sequence: state.sequence }, reading.ignored);
    if (state.routing !== before.routing) listener(state);
  };
  poll();
  while (state.text === '' && (await isThere(path)) && process.uptime() * 1000 < firstRoutingMilliseconds) {
    await sleep(pollMilliseconds);
    poll();
  }
  return {
    follow(follower) {
      listener = follower;
      if (state.routing !== undefined) follower(state);
    },
    stop: repeat(() => {
      poll();
      return Promise.resolve();
    }, pollMilliseconds),
  };
}

/**
 * The empty text when there is no file; undefined when there is one and this machine can't read it now. Synchronous: the file is
 * small and the volume is in memory, and asking the thread pool five times a second costs a pod more than all else of routing.
 */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? '' : undefined;
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
