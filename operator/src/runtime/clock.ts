/** Ends a pending call of `after`. */
export type CancelTimer = () => void;

/** Time comes in as an argument, so that tests hold it in their hands. */
export interface Clock {
  /** Milliseconds on a clock that never jumps: for durations. */
  monotonic(): number;
  /** The time of day: for times that are written down. */
  wall(): Date;
  /** Calls back once, after at least this many milliseconds. */
  after(milliseconds: number, callback: () => void): CancelTimer;
}

// setTimeout fires at once beyond 2^31 - 1 ms (24.8 days). Firing earlier than asked only means one look more.
const LONGEST_TIMER_MS = 2_147_483_647;

export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => new Date(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, Math.min(milliseconds, LONGEST_TIMER_MS));
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Resolves after this many milliseconds, or at once when the signal is aborted. Never rejects. */
export function pause(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const finish = () => {
      cancel();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = clock.after(milliseconds, finish);
    signal.addEventListener('abort', finish, { once: true });
  });
}
