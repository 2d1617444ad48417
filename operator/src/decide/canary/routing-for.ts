import type { RolloutStatus, Routing, RoutingPeer } from '@churnops/crds';
import type { Pod } from '../../world.js';

/** Peers beyond these are left out: no router needs more to spread its rows. */
const MAX_PEERS = 64;

/** Held-out rows that each group gets from all routers together, where rows of users are few. */
const REPLAYED_ROWS_PER_SECOND = 20;

/** The part of a rollout's record that routers act on. */
export type RoutedRollout = Pick<RolloutStatus, 'sequence' | 'stage' | 'percent' | 'replaying'>;

/** What a router is told besides the record of the rollout. */
export interface RoutingParts {
  /** The revision that rows go to. */
  readonly target: string;
  /** Pods of it, and pods of the router's own revision to compare with. Those that can't answer are left out. */
  readonly targets: readonly Pod[];
  readonly controls: readonly Pod[];
  readonly deadlineMilliseconds: number;
}

/**
 * What the record of a rollout means for a router. Nothing goes to a revision without ready pods, whatever share is recorded: the
 * router then answers everything itself, and counts nothing against the candidate.
 */
export function routingFor({ sequence, stage, percent, replaying }: RoutedRollout, parts: RoutingParts): Routing {
  const { target, deadlineMilliseconds } = parts;
  const [peers, control] = [peersOf(parts.targets), peersOf(parts.controls)];
  const base = { sequence, deadlineMilliseconds };
  if (percent === 0 || peers.length === 0) return base;
  const mode = stage === 'Shadow' ? 'Shadow' : 'Answer';
  const candidate = { revision: target, percent, mode, peers } as const;
  if (control.length === 0) return { ...base, candidate };
  const replay = { rowsPerSecond: REPLAYED_ROWS_PER_SECOND / control.length };
  return { ...base, candidate, control: { peers: control }, ...(replaying === true ? { replay } : {}) };
}

/** Always in one order, so that the same peers are the same text. */
function peersOf(pods: readonly Pod[]): RoutingPeer[] {
  return pods
    .filter(({ ready, terminating }) => ready && !terminating)
    .flatMap(({ name, address }) => (address === undefined ? [] : [{ pod: name, address }]))
    .toSorted((a, b) => (a.pod < b.pod ? -1 : 1))
    .slice(0, MAX_PEERS);
}
