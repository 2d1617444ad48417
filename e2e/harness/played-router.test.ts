import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { samplesOf } from '../../operator/src/scrape/metrics-text.js';
import { routerReading } from '../../operator/src/scrape/router-reading.js';
import { type Conduct, PlayedRouter } from './played-router.js';

const identity = { pod: 'telco-1-a', model: 'telco', revision: 'telco-1' };
const peer = (pod: string) => ({ pod, address: '127.9.9.9' });

function routing(sequence: number, percent: number): string {
  const candidate = { revision: 'telco-2', percent, mode: 'Answer', peers: [peer('telco-2-a'), peer('telco-2-b')] };
  return JSON.stringify({ sequence, candidate, control: { peers: [peer('telco-1-b')] } });
}

/** What the operator reads of a pod after some time under 100,000 rows a second. */
async function read(router: PlayedRouter, conduct: Conduct = {}) {
  const traffic = {
    rowsPerSecond: 100_000,
    conduct: (revision: string) => (revision === 'telco-2' ? conduct : {}),
  };
  await sleep(50);
  router.settle(traffic, true);
  return routerReading(samplesOf(router.text()), 'telco-2')!;
}

describe('a played router', () => {
  it('sends nobody anything before it is told to', async () => {
    const reading = await read(new PlayedRouter(identity));
    expect(reading.router).toEqual({ sequence: 0, percent: 0, reaches: true });
    expect(reading.counters.candidate).toEqual({});
  });

  it('counts the rows of both groups, by what became of them', async () => {
    const router = new PlayedRouter(identity);
    router.follow(routing(3, 10));
    const { router: place, counters } = await read(router, { failing: 0.5, flipping: 0.5 });
    expect(place).toEqual({ sequence: 3, percent: 10, reaches: true });
    const { requests, failed } = counters.candidate['telco-2-a']!;
    expect(requests).toBeGreaterThan(200);
    expect(Math.abs(failed - requests / 2)).toBeLessThan(2);
    expect(Math.abs(counters.control.requests - 2 * requests)).toBeLessThan(4);
    expect(counters.control.failed).toBe(0);
    expect(Math.abs(counters.pairs.flips - requests / 2)).toBeLessThan(3);
  });

  it('acts on no older decision than the newest that it has seen', async () => {
    const router = new PlayedRouter(identity);
    router.follow(routing(7, 25));
    router.follow(routing(6, 50));
    expect((await read(router)).router).toMatchObject({ sequence: 7, percent: 25 });
    router.follow('');
    expect((await read(router)).router).toMatchObject({ sequence: 7, percent: 0 });
  });

  it('reaches nobody while its breaker is open', async () => {
    const router = new PlayedRouter(identity);
    router.follow(routing(1, 50));
    const { router: place, counters } = await read(router, { failing: 1, outcome: 'BreakerOpen' });
    expect(place.reaches).toBe(false);
    expect(counters.candidate['']!.failed).toBeGreaterThan(100);
  });
});
