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
  /** Pods of it, and pods of the router's own revision, itself among them. Those that can't answer are left out. */
  readonly targets: readonly Pod[];
  readonly siblings: readonly Pod[];
  /** The name of the router. */
  readonly router: string;
  readonly deadlineMilliseconds: number;
}

/**
 * What the record of a rollout means for a router. Nothing goes to a revision without ready pods, whatever share is recorded: the
 * router then answers everything itself, and counts nothing against the candidate.
 */
export function routingFor({ sequence, stage, percent, replaying }: RoutedRollout, parts: RoutingParts): Routing {
  const { target, deadlineMilliseconds, router } = parts;
  const [peers, siblings] = [peersOf(parts.targets), peersOf(parts.siblings)];
  const base = { sequence, deadlineMilliseconds };
  if (percent === 0 || peers.length === 0) return base;
  const mode = stage === 'Shadow' ? 'Shadow' : 'Answer';
  const candidate = { revision: target, percent, mode, peers: peers.slice(0, MAX_PEERS) } as const;
  if (siblings.length === 0) return { ...base, candidate };
  const replay = { rowsPerSecond: REPLAYED_ROWS_PER_SECOND / siblings.length };
  return { ...base, candidate, control: controlOf(router, siblings), ...(replaying === true ? { replay } : {}) };
}

/**
 * Rows that a router sends to itself wait for one process instead of two: a candidate would look slower than such a group for no
 * other reason. A router that has no siblings has nobody else to compare with.
 */
function controlOf(router: string, siblings: readonly RoutingPeer[]): Routing['control'] {
  const others = siblings.filter(({ pod }) => pod !== router);
  return { peers: (others.length > 0 ? others : siblings).slice(0, MAX_PEERS) };
}

/** Always in one order, so that the same peers are the same text. */
function peersOf(pods: readonly Pod[]): RoutingPeer[] {
  return pods
    .filter(({ ready, terminating }) => ready && !terminating)
    .flatMap(({ name, address }) => (address === undefined ? [] : [{ pod: name, address }]))
    .toSorted((a, b) => (a.pod < b.pod ? -1 : 1));
}
