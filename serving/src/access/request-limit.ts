import { Problem } from '../http/problem.js';
import type { ServingMetrics } from '../metrics/serving-metrics.js';
import { RateLimiter } from './rate-limiter.js';

/** What one client may send to this pod. */
export interface RateLimit {
  /** In the long run, at least 1. */
  readonly requestsPerSecond: number;
  /** At once, at least 1. */
  readonly burst: number;
}

/** Admits requests of clients until they reach their limit. */
export class RequestLimit {
  private readonly limiter = new RateLimiter();
  /** The time in which a whole burst is allowed anew, in milliseconds. */
  private readonly window: number;

  constructor(
    private readonly limit: RateLimit,
    private readonly metrics: ServingMetrics,
  ) {
    this.window = (limit.burst * 1000) / limit.requestsPerSecond;
  }

  /**
   * Counts a request of a client.
   *
   * @throws Problem 429 with `Retry-After`.
   */
  admit(client: string): void {
    const { requestsPerSecond, burst } = this.limit;
    const { isBlocked, timeToBlockExpire } = this.limiter.count(client, this.window, burst);
    if (!isBlocked) return;
    this.metrics.rateLimited();
    throw new Problem(
      'rate-limited',
      `Each client may send ${requestsPerSecond} requests a second, and ${burst} at once. Wait ${timeToBlockExpire} s.`,
      { headers: { 'retry-after': String(timeToBlockExpire) } },
    );
  }
}
