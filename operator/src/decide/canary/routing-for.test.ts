import { Routing } from '@churnops/crds';
import type { RolloutStatus } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { pod } from '../../fixtures/world-builder.js';
import { routingFor } from './routing-for.js';

const time = '2026-03-01T12:00:00Z';
const canary: RolloutStatus = {
  ...{ sequence: 41, attempt: 1, stage: 'Canary', step: 1, percent: 5, sizePercent: 5 },
  ...{ startTime: time, stepStartTime: time },
};
const candidate = pod({ name: 'telco-2-b', ready: true, address: '198.51.100.2' });
const other = { ...candidate, name: 'telco-2-a', address: '2001:db8::1' };
const stable = { ...candidate, name: 'telco-1-a', address: '198.51.100.9' };
const pods = { target: 'telco-2', targets: [candidate, other], siblings: [stable], router: 'telco-1-a' };
const parts = { ...pods, deadlineMilliseconds: 100 };

describe('what a router is told', () => {
  it('names the ready pods of both groups, always in one order', () => {
    const routing = routingFor(canary, parts);
    expect(routing).toEqual({
      sequence: 41,
      deadlineMilliseconds: 100,
      candidate: {
        ...{ revision: 'telco-2', percent: 5, mode: 'Answer' },
        peers: [
          { pod: 'telco-2-a', address: '2001:db8::1' },
          { pod: 'telco-2-b', address: '198.51.100.2' },
        ],
      },
      control: { peers: [{ pod: 'telco-1-a', address: '198.51.100.9' }] },
    });
    expect(routingFor(canary, { ...parts, targets: [other, candidate] })).toEqual(routing);
    expect(Routing.parse(routing)).toEqual(routing);
  });

  it('are copies in the shadow stage', () => {
    expect(routingFor({ ...canary, stage: 'Shadow' }, parts).candidate?.mode).toBe('Shadow');
  });

  it('is to replay a part of twenty rows a second where rows of users are few', () => {
    const siblings = [stable, { ...stable, name: 'telco-1-b' }];
    expect(routingFor({ ...canary, replaying: true }, { ...parts, siblings }).replay).toEqual({ rowsPerSecond: 10 });
    expect(routingFor({ ...canary, replaying: false }, { ...parts, siblings })).not.toHaveProperty('replay');
  });

  it('compares the candidate with other pods than the router, where there are any', () => {
    const siblings = ['c', 'a', 'b'].map((letter) => ({ ...stable, name: `telco-1-${letter}` }));
    const controlOf = (router: string) => {
      return routingFor(canary, { ...parts, siblings, router }).control?.peers.map(({ pod: name }) => name);
    };
    expect(controlOf('telco-1-a')).toEqual(['telco-1-b', 'telco-1-c']);
    expect(controlOf('telco-1-b')).toEqual(['telco-1-a', 'telco-1-c']);
  });

  it.each([
    ['no share', { ...canary, percent: 0 }, parts],
    ['no pods', canary, { ...parts, targets: [] }],
    ['no ready pods', canary, { ...parts, targets: [{ ...candidate, ready: false }] }],
    ['pods that end', canary, { ...parts, targets: [{ ...candidate, terminating: true }] }],
    ['pods without an address', canary, { ...parts, targets: [{ ...candidate, address: undefined }] }],
  ])('is nothing but the number of the decision for a candidate with %s', (_, status, given) => {
    expect(routingFor(status, given)).toEqual({ sequence: 41, deadlineMilliseconds: 100 });
  });

  it('names 64 pods at most', () => {
    const targets = Array.from({ length: 70 }, (_, index) => ({ ...candidate, name: `telco-2-${index}` }));
    expect(routingFor(canary, { ...parts, targets }).candidate?.peers).toHaveLength(64);
  });
});
