import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PlayedApiServer } from '../fixtures/played-api-server.js';
import { ApiError, ApiUnreachable } from './api-error.js';
import type { WatchEvent } from './cluster-client.js';
import type { KubeObject } from './kube-object.js';
import { ManualClock } from './manual-clock.js';
import { Reflector } from './reflector.js';

const kind = { apiVersion: 'v1', kind: 'Thing', plural: 'things', namespaced: true };

let server: PlayedApiServer;
let clock: ManualClock;
let stop: AbortController;
let running: Promise<void>;
/** After how many seconds each failure is tried again. */
let retries: number[];

beforeEach(() => {
  server = new PlayedApiServer();
  clock = new ManualClock();
  stop = new AbortController();
  retries = [];
});

afterEach(async () => {
  stop.abort();
  await running;
});

/** Follows the server until everything scripted has been taken in. */
async function follow(seconds = 0): Promise<Reflector> {
  const onError = (_: unknown, retrySeconds: number) => retries.push(Math.round(retrySeconds));
  const backoff = { firstMs: 1_000, capMs: 30_000 };
  const reflector = new Reflector({ cluster: server, kind, clock, backoff, onError, random: () => 0.999_999 });
  running = reflector.run(stop.signal);
  await clock.advance(seconds * 1000);
  return reflector;
}

function thing(name: string, version?: number): KubeObject {
  const metadata = { name, namespace: 'default', uid: name, resourceVersion: String(version ?? 0) };
  return { apiVersion: 'v1', kind: 'Thing', metadata };
}

const names = (reflector: Reflector) =>
  reflector.store
    .list()
    .map(({ metadata }) => metadata.name)
    .toSorted();

const expired = new ApiError('too old resource version', { code: 410, reason: 'Expired' });

function broken(error: Error, ...events: readonly WatchEvent[]) {
  return function* (): Generator<WatchEvent> {
    yield* events;
    throw error;
  };
}

describe('a reflector', () => {
  it('takes in a list and the events after it', async () => {
    server.put(thing('a'));
    server.put(thing('b'));
    server.watches.push(() => [
      { type: 'ADDED', object: thing('c', 110) },
      { type: 'MODIFIED', object: thing('a', 111) },
      { type: 'DELETED', object: thing('b', 112) },
    ]);
    expect(names(await follow())).toEqual(['a', 'c']);
  });

  it('goes on from the last event when a watch breaks, without a list', async () => {
    server.watches.push(broken(new ApiUnreachable('reset'), { type: 'ADDED', object: thing('a', 150) }));
    expect(names(await follow(2))).toEqual(['a']);
    expect(server.watchedFrom).toEqual(['100', '150']);
    expect(retries).toHaveLength(1);
  });

  it('asks for watches that end before their silence counts as broken', async () => {
    await follow();
    expect(server.watchOptions).toHaveLength(1);
    for (const { timeoutSeconds, silenceSeconds } of server.watchOptions)
      expect(silenceSeconds).toBeGreaterThanOrEqual(timeoutSeconds + 5);
  });

  it('goes on from a bookmark', async () => {
    server.watches.push(broken(new ApiUnreachable('reset'), { type: 'BOOKMARK', resourceVersion: '170' }));
    await follow(2);
    expect(server.watchedFrom).toEqual(['100', '170']);
  });

  it('lists again when its version is too old, and drops what went meanwhile', async () => {
    server.put(thing('a'));
    server.watches.push(() => {
      void server.delete(kind, { namespace: 'default', name: 'a' });
      server.put(thing('b'));
      throw expired;
    });
    const reflector = await follow();
    const changes: string[] = [];
    reflector.onChange(({ old, now }) => changes.push(`${old?.metadata.name ?? ''}>${now?.metadata.name ?? ''}`));
    await clock.advance(2_000);
    expect(names(reflector)).toEqual(['b']);
    expect(changes).toEqual(['a>', '>b']);
  });

  it('waits longer after each failure', async () => {
    const unreachable = () => broken(new ApiUnreachable('refused'));
    server.watches.push(unreachable(), unreachable(), unreachable());
    await follow(60);
    expect(retries).toEqual([1, 2, 4]);
  });

  it('waits longer after each list whose watch is too old at once', async () => {
    server.watches.push(broken(expired), broken(expired), broken(expired));
    await follow(60);
    expect(retries).toEqual([1, 2, 4]);
  });

  it('waits as long as the API server asks for', async () => {
    server.listError = new ApiError('busy', { code: 429, reason: 'TooManyRequests', retryAfter: 7 });
    const reflector = await follow(6);
    expect(server.watchedFrom).toEqual([]);
    await clock.advance(1_000);
    await reflector.synced;
    expect(server.watchedFrom).toEqual(['100']);
  });
});
