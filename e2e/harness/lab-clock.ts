import type { Clock } from '@churnops/operator';

/**
 * The operator's clock in the lab. Durations pass as they do, so that leases and backoff work; the time of day, from which
 * retirement is counted, can be stopped and moved, so that nothing passes by while a test looks at it.
 */
export class LabClock implements Clock {
  #offset = 0;
  #stoppedAt: number | undefined;

  monotonic(): number {
    return performance.now();
  }

  wall(): Date {
    return new Date((this.#stoppedAt ?? Date.now()) + this.#offset);
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = setTimeout(callback, milliseconds);
    return () => {
      clearTimeout(timer);
    };
  }

  /** The time of day stands still from now on. */
  stop(): void {
    this.#stoppedAt = Date.now();
  }

  /** Moves the time of day forward. The operator sees it when it looks at an object next. */
  advance(milliseconds: number): void {
    this.#offset += milliseconds;
  }
}

/** A clock on which the time of day runs 30 times as fast, and waits of more than 20 s (longer than any lease's) are as much shorter. */
export function hastyClock(): Clock {
  const speed = 30;
  const start = Date.now();
  const real = new LabClock();
  return {
    monotonic: () => real.monotonic(),
    wall: () => new Date(start + (Date.now() - start) * speed),
    after: (milliseconds, callback) =>
      real.after(milliseconds > 20_000 ? milliseconds / speed : milliseconds, callback),
  };
}
