import { beforeEach, describe, expect, it } from '@jest/globals';
import { PlayedApiServer } from '../fixtures/played-api-server.js';
import { fencedClient } from './fenced-client.js';
import { ManualClock } from './manual-clock.js';
import { NotLeading, Tenure } from './tenure.js';

const kind = { apiVersion: 'v1', kind: 'Thing', plural: 'things', namespaced: true };
const key = { namespace: 'default', name: 'a' };
const thing = { apiVersion: 'v1', kind: 'Thing', metadata: key };

let clock: ManualClock;
let tenure: Tenure;

beforeEach(() => {
  clock = new ManualClock();
  tenure = new Tenure(clock, 10_000);
  tenure.renew(clock.monotonic());
});

describe('a tenure', () => {
  it('lasts as long as it is renewed', async () => {
    for (let renewal = 0; renewal < 5; renewal += 1) {
      await clock.advance(9_000);
      tenure.renew(clock.monotonic());
    }
    expect(tenure.over.aborted).toBe(false);
    expect(() => {
      tenure.assertLeading();
    }).not.toThrow();
  });

  it('counts from the beginning of the call that renewed it', async () => {
    await clock.advance(5_000);
    tenure.renew(2_000);
    await clock.advance(7_000);
    expect([tenure.over.aborted, tenure.wasLost]).toEqual([true, true]);
  });

  it('is lost without a renewal, and stays lost', async () => {
    await clock.advance(10_000);
    tenure.renew(clock.monotonic());
    expect(tenure.over.reason).toBeInstanceOf(NotLeading);
    expect(() => {
      tenure.assertLeading();
    }).toThrow(NotLeading);
  });

  it('is over for a process that was frozen, before any timer could tell it', () => {
    let now = 0;
    const frozen = new Tenure({ monotonic: () => now, wall: () => new Date(), after: () => () => undefined }, 10_000);
    frozen.renew(0);
    now = 10_000;
    expect(() => {
      frozen.assertLeading();
    }).toThrow(NotLeading);
  });

  it('is not lost when it ends in order', () => {
    tenure.end();
    expect([tenure.over.aborted, tenure.wasLost]).toEqual([true, false]);
  });
});

describe('a fenced client', () => {
  it('writes in its tenure, and only reads after it', async () => {
    const server = new PlayedApiServer();
    const client = fencedClient(server, tenure);
    await client.create(kind, thing);
    await clock.advance(10_000);
    const options = { fieldManager: 'tests', force: true };
    const object = { ...thing, metadata: { ...key, uid: 'a', resourceVersion: '1' } };
    const writes = [
      () => client.create(kind, thing),
      () => client.apply(kind, thing, options),
      () => client.applyStatus(kind, thing, options),
      () => client.mergePatch(kind, key, {}),
      () => client.replace(kind, thing),
      () => client.updateStatus(kind, object),
      () => client.setScale(kind, key, 3),
      () => client.delete(kind, key, { propagationPolicy: 'Background' }),
    ];
    for (const write of writes) await expect(write()).rejects.toBeInstanceOf(NotLeading);
    expect(server.writes).toEqual(['create Thing a']);
    expect((await client.get(kind, key))?.metadata.name).toBe('a');
  });
});
