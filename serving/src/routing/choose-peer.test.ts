import { describe, expect, it } from '@jest/globals';
import type { Choosable } from './choose-peer.js';
import { choosePeer } from './choose-peer.js';

type State = Choosable['state'];

/** The positions that get the messages 0 to 5. */
function turns(...states: State[]): number[] {
  const peers = states.map((state, position) => ({ state, position }));
  return Array.from({ length: 6 }, (_, turn) => choosePeer(peers, turn)?.position ?? -1);
}

describe('the peer of a message', () => {
  it.each<[string, State[], number[]]>([
    ['each connected one in turn', ['Open', 'Open', 'Open'], [0, 1, 2, 0, 1, 2]],
    ['no other while one is connected', ['Down', 'Open', 'Connecting', 'Leaving'], [1, 1, 1, 1, 1, 1]],
    ['one that is being dialled while none is connected', ['Down', 'Connecting', 'Leaving'], [1, 1, 1, 1, 1, 1]],
    ['each in turn while all are down', ['Down', 'Leaving'], [0, 1, 0, 1, 0, 1]],
    ['nobody where none is listed', [], [-1, -1, -1, -1, -1, -1]],
  ])('is %s', (_, states, expected) => {
    expect(turns(...states)).toEqual(expected);
  });
});
