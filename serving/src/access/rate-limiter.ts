import { randomInt } from 'node:crypto';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { murmur3 } from '../routing/murmur3.js';

/** What became of a request. Times in whole seconds, rounded up. */
export interface Standing {
  /** Requests that count against the limit now; one more than the limit when this one is refused. */
  readonly totalHits: number;
  /** Until all are forgotten. */
  readonly timeToExpire: number;
  readonly isBlocked: boolean;
  /** Until a request is admitted again; 0 when this one was. */
  readonly timeToBlockExpire: number;
}

/** Clients are told apart in sets of `WAYS`: 4,096 at once, in 64 KiB. */
const SETS = 512;
const WAYS = 8;

const NANOSECONDS_A_MILLISECOND = 1_000_000;
const NANOSECONDS_A_SECOND = 1_000_000_000;

/** Seeds of hashes are below this. */
const SEEDS = 2 ** 32;

/**
 * The generic cell rate algorithm (ITU-T I.371): of each client it keeps one number, the time at which everything it sent would have been
 * due at its rate. In any stretch of time a client gets `limit` requests and those that its rate allows meanwhile, to the nanosecond
 * (two of them from day 104 on, where numbers end to be exact). The work and the memory are the same for every request, limit and number of clients.
 *
 * A client that is new to a full set takes the place of the one that is due first, with its time. As a rule that time is past, and
 * nothing is lost. Otherwise the new one starts with what the other had used: too strict, but as in Space-Saving (Metwally et al.,
 * 2005) nobody who comes back finds a time before the one that was forgotten, so nobody ever gets more than the limit.
 */
export class RateLimiter implements ThrottlerStorage {
  /** Which client has a place, as 53 bits of a hash: no key is kept. Which ones share a set is another matter in every pod. */
  private readonly clients = new Float64Array(SETS * WAYS);
  private readonly due = new Float64Array(SETS * WAYS);
  private readonly seeds = [randomInt(SEEDS), randomInt(SEEDS)] as const;

  /** @param clock Milliseconds that never go back. */
  constructor(private readonly clock: () => number = () => performance.now()) {}

  /**
   * Admits or refuses a request of a client that may send `limit` at once, and as many again in every `ttl` milliseconds. Refused ones
   * do not count: who waits as long as he is told is admitted.
   */
  count(client: string, ttl: number, limit: number): Standing {
    const interval = Math.max(1, Math.round((ttl * NANOSECONDS_A_MILLISECOND) / limit));
    const now = Math.floor(this.clock() * NANOSECONDS_A_MILLISECOND);
    const place = this.placeOf(client);
    const before = Math.max(this.due[place] ?? 0, now);
    const wait = before - now - (limit - 1) * interval;
    const isBlocked = wait > 0;
    const after = isBlocked ? before : before + interval;
    this.due[place] = after;
    return {
      totalHits: isBlocked ? limit + 1 : Math.ceil((after - now) / interval),
      timeToExpire: Math.ceil((after - now) / NANOSECONDS_A_SECOND),
      isBlocked,
      timeToBlockExpire: isBlocked ? Math.ceil(wait / NANOSECONDS_A_SECOND) : 0,
    };
  }

  /** `count`, as Nest's throttler asks for it. There is no other block than the wait for the next request, whatever duration it names. */
  increment(client: string, ttl: number, limit: number): Promise<Standing> {
    return Promise.resolve(this.count(client, ttl, limit));
  }

  /** The place of a client, which takes another one's if it has none. */
  private placeOf(client: string): number {
    const [high, low] = [murmur3(client, this.seeds[0]), murmur3(client, this.seeds[1])];
    const name = high * 2 ** 21 + (low >>> 11);
    const first = (low % SETS) * WAYS;
    let earliest = first;
    for (let place = first; place < first + WAYS; place += 1) {
      if (this.clients[place] === name) return place;
      if ((this.due[place] ?? 0) < (this.due[earliest] ?? 0)) earliest = place;
    }
    this.clients[earliest] = name;
    return earliest;
  }
}
