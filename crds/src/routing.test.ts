import { describe, expect, it } from '@jest/globals';
import { Routing } from './routing.js';

const peers = [{ pod: 'telco-2-5d8f-abcde', address: '198.51.100.9' }];
const candidate = { revision: 'telco-2', percent: 5, mode: 'Shadow', peers };

describe('the routing annotation', () => {
  it('has a deadline without naming one', () => {
    expect(Routing.parse({ sequence: 41, candidate })).toEqual({ sequence: 41, deadlineMilliseconds: 100, candidate });
  });

  it.each([
    ['no candidate', { sequence: 41 }],
    ['a control group', { sequence: 41, candidate, control: { peers } }],
    ['an IPv6 address', { sequence: 41, candidate: { ...candidate, peers: [{ pod: 'a', address: '2001:db8::9' }] } }],
    ['held-out rows to replay', { sequence: 41, candidate, replay: { rowsPerSecond: 20 } }],
    ['less than a row a second', { sequence: 41, candidate, replay: { rowsPerSecond: 0.5 } }],
    ['a port', { sequence: 41, candidate: { ...candidate, peers: [{ ...peers[0], port: 9000 }] } }],
  ])('may have %s', (_, routing) => {
    expect(Routing.safeParse(routing).success).toBe(true);
  });

  it('may have a field of a later release, which is left aside', () => {
    expect(Routing.parse({ sequence: 41, weight: 5 })).toEqual({ sequence: 41, deadlineMilliseconds: 100 });
  });

  it.each([
    ['no sequence', { candidate }],
    ['half a sequence', { sequence: 1.5 }],
    ['half a percent', { sequence: 41, candidate: { ...candidate, percent: 0.5 } }],
    ['an unknown mode', { sequence: 41, candidate: { ...candidate, mode: 'Mirror' } }],
    ['a host name', { sequence: 41, candidate: { ...candidate, peers: [{ pod: 'a', address: 'example.com' }] } }],
    ['a replay that stands still', { sequence: 41, candidate, replay: { rowsPerSecond: 0 } }],
    ['a replay that floods', { sequence: 41, candidate, replay: { rowsPerSecond: 101 } }],
    ['65 peers', { sequence: 41, control: { peers: Array(65).fill(peers[0]) } }],
  ])('may not have %s', (_, routing) => {
    expect(Routing.safeParse(routing).success).toBe(false);
  });
});
