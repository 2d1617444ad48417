import { ClosedLoop } from './closed-loop.js';
import { cpuSeconds } from './cpu-seconds.js';
import { shuffled } from './rounds.js';
import type { Fleet, RoutingKind } from './routing-fleet.js';
import { routingKinds } from './routing-fleet.js';

export interface Load {
  /** Of one window. */
  readonly seconds: number;
  readonly connections: number;
}

/** What a server did while it alone was asked. */
export interface Window {
  readonly answers: number;
  /** Wall time, in seconds. */
  readonly seconds: number;
  /** CPU of the server, in seconds. */
  readonly cpu: number;
  /** CPU of candidate and control together, in seconds. */
  readonly peerCpu: number;
}

/** One window of each kind, close together in time. */
export type Round = Readonly<Record<RoutingKind, Window>>;

/** Plays a round in an order that the seed says. */
export async function playRound(fleet: Fleet, load: Load, seed: number): Promise<Round> {
  const windows = new Map<RoutingKind, Window>();
  for (const kind of shuffled(routingKinds, seed)) windows.set(kind, await measure(fleet, kind, load));
  const of = (kind: RoutingKind) => windows.get(kind)!;
  return { without: of('without'), 'without, again': of('without, again'), off: of('off'), '5 %': of('5 %') };
}

async function measure({ servers, peers }: Fleet, kind: RoutingKind, load: Load): Promise<Window> {
  const { process, target } = servers[kind];
  const clients = await ClosedLoop.connected(target, load.connections);
  const before = await cpuOfAll([process]);
  const peersBefore = await cpuOfAll(peers);
  const start = performance.now();
  const answers = await clients.run(AbortSignal.timeout(load.seconds * 1000));
  const seconds = (performance.now() - start) / 1000;
  const window = {
    answers,
    seconds,
    cpu: (await cpuOfAll([process])) - before,
    peerCpu: (await cpuOfAll(peers)) - peersBefore,
  };
  clients.close();
  return window;
}

async function cpuOfAll(processes: readonly { readonly pid: number }[]): Promise<number> {
  const seconds = await Promise.all(processes.map(({ pid }) => cpuSeconds(pid)));
  return seconds.reduce((sum, each) => sum + each, 0);
}
