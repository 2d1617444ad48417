import type { Clock } from './clock.js';

/** Lets `burst` things through at once and then one every `refillSeconds`. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #refillMs: number;
  #tokens: number;
  #countedAt: number;

  constructor(clock: Clock, burst: number, refillSeconds: number) {
    this.#clock = clock;
    this.#burst = burst;
    this.#refillMs = refillSeconds * 1000;
    this.#tokens = burst;
    this.#countedAt = clock.monotonic();
  }

  /** Takes a token if there is one. */
  take(): boolean {
    const now = this.#clock.monotonic();
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#countedAt) / this.#refillMs);
    this.#countedAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
