import type { CancelTimer, Clock } from './clock.js';

/** The Lease is not ours any more, or may not be: nothing was written. */
export class NotLeading extends Error {
  override readonly name = 'NotLeading';
}

/**
 * The time in which this process leads. It ends by itself when it is not renewed, also for a process that was frozen or cut off
 * and could not be told: others take over only later.
 */
export class Tenure {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #over = new AbortController();
  #renewedAt = 0;
  #wasLost = false;
  #cancelTimer: CancelTimer | undefined;

  /** `limitMs`: how long one renewal lasts. */
  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  /** Aborted with `NotLeading` when the tenure is over. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Whether it ended although this process wanted to go on. */
  get wasLost(): boolean {
    return this.#wasLost;
  }

  /** Counts from this moment (ms on the monotonic clock). What is over stays over. */
  renew(at: number): void {
    this.#renewedAt = at;
    this.#cancelTimer?.();
    if (this.#over.signal.aborted) return;
    this.#cancelTimer = this.#clock.after(Math.max(0, this.#leftMs()), () => {
      this.lose();
    });
  }

  /** Throws `NotLeading` when it is over. A frozen process may get here before its timers: so the clock is asked. */
  assertLeading(): void {
    if (this.#leftMs() <= 0) this.lose();
    this.#over.signal.throwIfAborted();
  }

  /** Someone else may lead now. */
  lose(): void {
    if (this.#over.signal.aborted) return;
    this.#wasLost = true;
    this.end();
  }

  /** The work is done. */
  end(): void {
    this.#cancelTimer?.();
    this.#over.abort(new NotLeading('This process does not hold the Lease any more'));
  }

  #leftMs(): number {
    return this.#renewedAt + this.#limitMs - this.#clock.monotonic();
  }
}
