import { setTimeout as sleep } from 'node:timers/promises';

/** What a failed try means for the user, and whether to try again at once. */
export interface FailedTry {
  readonly error: Error;
  readonly retry: boolean;
}

export interface Retries {
  readonly explain: (cause: unknown) => FailedTry;
  /** Ends the tries; the promise is then rejected with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Before each further try, in milliseconds. */
  readonly pausesMs: readonly number[];
}

/** Tries again as often as there are pauses, as long as that may help; throws what the last failure means. */
export async function withRetry<T>(attempt: () => Promise<T>, retries: Retries): Promise<T> {
  const { explain, signal, pausesMs } = retries;
  for (let tried = 0; ; tried += 1) {
    try {
      return await attempt();
    } catch (cause) {
      signal?.throwIfAborted();
      const { error, retry } = explain(cause);
      const pause = retry ? pausesMs[tried] : undefined;
      if (pause === undefined) throw error;
      await sleep(pause, undefined, signal === undefined ? {} : { signal });
    }
  }
}
