import type { CancelTimer, Clock } from './clock.js';

/** A clock for tests: time passes only by `advance`. */
export class ManualClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ readonly dueAt: number; readonly callback: () => void }>();

  monotonic(): number {
    return this.#now;
  }

  wall(): Date {
    return new Date(this.#now);
  }

  after(milliseconds: number, callback: () => void): CancelTimer {
    const timer = { dueAt: this.#now + milliseconds, callback };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Lets this much time pass, timer by timer; what each of them sets off goes on before the next. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    for (;;) {
      await settled();
      const [next] = [...this.#timers].filter(({ dueAt }) => dueAt <= end).sort((a, b) => a.dueAt - b.dueAt);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = next.dueAt;
      next.callback();
    }
    this.#now = end;
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
