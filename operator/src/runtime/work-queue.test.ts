import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ApiError, ApiUnreachable } from './api-error.js';
import { ManualClock } from './manual-clock.js';
import { WorkQueue } from './work-queue.js';

const key = (name: string) => ({ namespace: 'default', name });

function status(code: number, retryAfter?: number): ApiError {
  return new ApiError('no', { code, reason: 'Unknown', retryAfter });
}

describe('the work queue', () => {
  it('looks at every key after its last addition, never twice at once, never more than allowed', async () => {
    const step = fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      delaySeconds: fc.constantFrom(0, 0, 1, 5),
      pauseMs: fc.constantFrom(0, 0, 300, 2_000),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 25 }),
        fc.integer({ min: 1, max: 3 }),
        async (steps, concurrency) => {
          const clock = new ManualClock();
          const running = new Set<string>();
          const startedAt = new Map<string, number>();
          const wantedAt = new Map<string, number>();
          let turn = 0;
          const queue = new WorkQueue({
            clock,
            concurrency,
            work: async ({ name }) => {
              expect(running.has(name)).toBe(false);
              running.add(name);
              expect(running.size).toBeLessThanOrEqual(concurrency);
              startedAt.set(name, clock.monotonic());
              turn += 1;
              const fails = turn % 3 === 0;
              await new Promise<void>((resolve) => clock.after(400, resolve));
              running.delete(name);
              if (fails) throw new Error('every third time');
            },
          });
          queue.start();
          for (const { name, delaySeconds, pauseMs } of steps) {
            if (delaySeconds === 0) {
              queue.add(key(name));
              wantedAt.set(name, clock.monotonic());
            } else queue.addAfter(key(name), delaySeconds);
            await clock.advance(pauseMs);
          }
          await clock.advance(600_000);
          expect(running.size).toBe(0);
          for (const [name, time] of wantedAt) expect(startedAt.get(name)).toBeGreaterThanOrEqual(time);
          for (const { name } of steps) expect(startedAt.has(name)).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('merges equal keys', async () => {
    const looked: string[] = [];
    const queue = new WorkQueue({
      clock: new ManualClock(),
      concurrency: 1,
      work: ({ name }) => Promise.resolve(void looked.push(name)),
    });
    for (const name of ['a', 'b', 'a', 'a']) queue.add(key(name));
    queue.start();
    await new ManualClock().advance(1);
    expect(looked).toEqual(['a', 'b']);
  });

  it('waits longer after each failure, a minute at most, and starts anew after a success', async () => {
    const clock = new ManualClock();
    const waits: number[] = [];
    let fail = true;
    const queue = new WorkQueue({
      clock,
      concurrency: 1,
      work: () => (fail ? Promise.reject(new Error('no')) : Promise.resolve()),
      onFailure: (_, __, seconds) => waits.push(seconds),
    });
    queue.start();
    queue.add(key('a'));
    await clock.advance(300_000);
    expect(waits.slice(0, 9)).toEqual([0.5, 1, 2, 4, 8, 16, 32, 60, 60]);
    fail = false;
    await clock.advance(60_000);
    waits.length = 0;
    fail = true;
    queue.add(key('a'));
    await clock.advance(1);
    expect(waits).toEqual([0.5]);
  });

  it.each([
    ['five seconds at most when no answer came', new ApiUnreachable('refused'), [0.5, 1, 2, 4, 5, 5, 5]],
    ['five seconds at most when the API server is ill', status(503), [0.5, 1, 2, 4, 5, 5, 5]],
    ['as long as the API server asks for', status(429, 7), [7, 7, 7, 7, 7, 7, 7]],
    ['a minute at most when its own request is refused', status(422), [0.5, 1, 2, 4, 8, 16, 32]],
  ])('waits %s', async (_, error, expected) => {
    const clock = new ManualClock();
    const waits: number[] = [];
    const queue = new WorkQueue({
      clock,
      concurrency: 1,
      work: () => Promise.reject(error),
      onFailure: (__, ___, seconds) => waits.push(seconds),
    });
    queue.start();
    queue.add(key('a'));
    await clock.advance(120_000);
    expect(waits.slice(0, 7)).toEqual(expected);
  });

  it('keeps the earliest of several delays', async () => {
    const clock = new ManualClock();
    const times: number[] = [];
    const queue = new WorkQueue({
      clock,
      concurrency: 1,
      work: () => Promise.resolve(void times.push(clock.monotonic())),
    });
    queue.start();
    for (const seconds of [60, 10, 30]) queue.addAfter(key('a'), seconds);
    await clock.advance(100_000);
    expect(times).toEqual([10_000]);
  });

  it('waits for running work when it stops, and takes no more', async () => {
    const clock = new ManualClock();
    const ended: string[] = [];
    const queue = new WorkQueue({
      clock,
      concurrency: 1,
      work: async ({ name }) => {
        await new Promise<void>((resolve) => clock.after(1_000, resolve));
        ended.push(name);
      },
    });
    queue.start();
    queue.add(key('a'));
    queue.add(key('b'));
    await clock.advance(10);
    const stopped = queue.stop();
    queue.add(key('c'));
    await clock.advance(5_000);
    await stopped;
    expect(ended).toEqual(['a']);
  });
});
