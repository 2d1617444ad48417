import { serialize } from 'node:v8';
import { describe, expect, it } from '@jest/globals';
import { Reflector } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import fc from 'fast-check';
import { RateLimiter } from './rate-limiter.js';

/** A clock that stands still until a test moves it, in whole microseconds: then the reference below has whole numbers too. */
class Clock {
  microseconds = 0;
  readonly read = () => this.microseconds / 1000;
}

interface Step {
  /** Microseconds since the step before. */
  readonly pause: number;
  readonly client: number;
}

const names = ['churnops_a', 'churnops_b', '10.0.0.7', '::1', '', 'ü', 'b'.repeat(200), 'churnops_c'] as const;

const steps = fc.array(
  fc.record({
    pause: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 3_000_000 })),
    client: fc.nat({ max: names.length - 1 }),
  }),
  { minLength: 50, maxLength: 200 },
);

const limits = fc.record({
  limit: fc.integer({ min: 1, max: 6 }),
  microseconds: fc.integer({ min: 1, max: 1_000_000 }),
});

/** A bucket of so many requests that fills by one every `microseconds`: what the limiter must be the same as. */
class Bucket {
  private level: number;
  private last = 0;

  constructor(
    private readonly limit: number,
    private readonly microseconds: number,
  ) {
    this.level = limit * microseconds;
  }

  admits(now: number): boolean {
    this.level = Math.min(this.limit * this.microseconds, this.level + now - this.last);
    this.last = now;
    if (this.level < this.microseconds) return false;
    this.level -= this.microseconds;
    return true;
  }
}

describe('the rate limiter', () => {
  it('admits what a bucket for each client admits, to the request', () => {
    fc.assert(
      fc.property(steps, limits, (sent: readonly Step[], { limit, microseconds }) => {
        const clock = new Clock();
        const limiter = new RateLimiter(clock.read);
        const buckets = names.map(() => new Bucket(limit, microseconds));
        for (const { pause, client } of sent) {
          clock.microseconds += pause;
          const { isBlocked } = limiter.count(names[client]!, (limit * microseconds) / 1000, limit);
          expect(isBlocked).toBe(!buckets[client]!.admits(clock.microseconds));
        }
      }),
    );
  });

  it('admits whoever waits as long as he is told, and says what is left', () => {
    const clock = new Clock();
    const limiter = new RateLimiter(clock.read);
    const ask = () => limiter.count('client', 3_000, 3);
    expect(ask()).toEqual({ totalHits: 1, timeToExpire: 1, isBlocked: false, timeToBlockExpire: 0 });
    ask();
    expect(ask()).toEqual({ totalHits: 3, timeToExpire: 3, isBlocked: false, timeToBlockExpire: 0 });
    clock.microseconds += 1;
    expect(ask()).toEqual({ totalHits: 4, timeToExpire: 3, isBlocked: true, timeToBlockExpire: 1 });
    clock.microseconds += 999_999;
    expect(ask()).toMatchObject({ totalHits: 3, isBlocked: false });
  });

  it('stays exact after months and with the highest limits', () => {
    const clock = new Clock();
    clock.microseconds = 90 * 86_400 * 1e6;
    const limiter = new RateLimiter(clock.read);
    let admitted = 0;
    const count = () => {
      if (!limiter.count('client', 1_000, 100_000).isBlocked) admitted += 1;
    };
    for (let request = 0; request < 100_100; request += 1) count();
    expect(admitted).toBe(100_000);
    clock.microseconds += 500_000;
    for (let request = 0; request < 50_100; request += 1) count();
    expect(admitted).toBe(150_000);
  });

  it('gives nobody more than the limit when more clients come than it tells apart, and still answers many of them', () => {
    const limiter = new RateLimiter(() => 0);
    const clients = Array.from({ length: 12_000 }, (_, client) => `10.${client >> 8}.${client & 255}`);
    const admitted = new Map<string, number>();
    for (let round = 0; round < 5; round += 1) {
      for (const client of clients) {
        const { isBlocked } = limiter.count(client, 60_000, 3);
        if (!isBlocked) admitted.set(client, (admitted.get(client) ?? 0) + 1);
      }
    }
    expect(Math.max(...admitted.values())).toBeLessThanOrEqual(3);
    expect(admitted.size).toBeGreaterThan(4_096 / 2);
  });

  it('takes no more memory for ten thousand clients than for one', () => {
    const limiter = new RateLimiter(() => 0);
    const held = () => serialize(Object.entries(limiter).filter(([, field]) => typeof field !== 'function')).byteLength;
    limiter.count('client', 1_000, 10);
    const before = held();
    for (let client = 0; client < 10_000; client += 1) limiter.count(String(client), 1_000, 10);
    expect(held()).toBe(before);
  });

  it("is a storage for Nest's own guard", async () => {
    // Jest can't load a CommonJS module that requires Nest while Nest itself is being loaded.
    const { ThrottlerException, ThrottlerGuard } = await import('@nestjs/throttler');
    const clock = new Clock();
    const options = { throttlers: [{ ttl: 2_000, limit: 2 }] };
    const guard = new ThrottlerGuard(options, new RateLimiter(clock.read), new Reflector());
    await guard.onModuleInit();
    const headers: Record<string, unknown> = {};
    const reply = { header: (name: string, value: unknown) => (headers[name] = value) };
    const context = new ExecutionContextHost([{ ip: '10.0.0.7', headers: {} }, reply], RateLimiter, () => undefined);
    expect([await guard.canActivate(context), await guard.canActivate(context)]).toEqual([true, true]);
    await expect(guard.canActivate(context)).rejects.toThrow(ThrottlerException);
    expect(headers).toMatchObject({ 'X-RateLimit-Remaining': 0, 'Retry-After': 1 });
    clock.microseconds += 1_000_000;
    expect(await guard.canActivate(context)).toBe(true);
  });
});
