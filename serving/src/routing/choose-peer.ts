/** A connection to a peer, as far as choosing one needs to know. */
export interface Choosable {
  readonly state: 'Connecting' | 'Open' | 'Leaving' | 'Down';
}

/**
 * The peer of message number `turn`: each connected one in turn; only without any, one that is being dialled, then one that is
 * down. In turn and not the least busy: a peer that fails at once is never busy, and would get everything.
 */
export function choosePeer<Peer extends Choosable>(peers: readonly Peer[], turn: number): Peer | undefined {
  for (const state of ['Open', 'Connecting'] as const) {
    const usable = peers.filter((peer) => peer.state === state);
    if (usable.length > 0) return usable[turn % usable.length];
  }
  return peers[turn % peers.length];
}
