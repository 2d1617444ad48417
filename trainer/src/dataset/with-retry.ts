import { setTimeout as sleep } from 'node:timers/promises';

/** What a failed try means for the user, and whether to try again at once. */
export interface FailedTry {
  readonly error: Error;
  readonly retry: boolean;
}

const TRIES = 3;

export interface Retries {
  readonly explain: (cause: unknown) => FailedTry;
  /** Ends the tries; the promise is then rejected with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Before the second try, in milliseconds; twice as long before the third. Default: 1000. */
  readonly pauseMs?: number | undefined;
}

/** Tries up to three times, as long as a further try may help; throws what the last failure means. */
export async function withRetry<T>(attempt: () => Promise<T>, retries: Retries): Promise<T> {
  const { explain, signal, pauseMs = 1000 } = retries;
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt();
    } catch (cause) {
      signal?.throwIfAborted();
      const { error, retry } = explain(cause);
      if (tried >= TRIES || !retry) throw error;
      await sleep(pauseMs * 2 ** (tried - 1), undefined, signal === undefined ? {} : { signal });
    }
  }
}
