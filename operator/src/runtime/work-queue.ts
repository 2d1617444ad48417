import { ApiError, ApiUnreachable } from './api-error.js';
import { backoffDelay } from './backoff.js';
import type { Backoff } from './backoff.js';
import type { CancelTimer, Clock } from './clock.js';
import { keyText } from './kube-object.js';
import type { ObjectKey } from './kube-object.js';

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** Keys that are worked on at the same time. */
  readonly concurrency: number;
  /** Works on one key. A rejection brings the key back after its backoff. */
  readonly work: (key: ObjectKey) => Promise<void>;
  /** Told about each failure, with the seconds until the next try. */
  readonly onFailure?: ((key: ObjectKey, error: unknown, retrySeconds: number) => void) | undefined;
  readonly backoff?: Backoff | undefined;
}

interface Delayed {
  readonly dueAt: number;
  readonly cancel: CancelTimer;
}

const BACKOFF: Backoff = { firstMs: 500, capMs: 60_000 };
// An outage says nothing about its key: when it ends, no key shall sleep on for a minute.
const OUTAGE_CAP_MS = 5_000;

/**
 * Keys to look at, never events: equal keys merge, and no key is worked on twice at once. A key that is added while it is
 * worked on is worked on again afterwards. Failures are retried with a backoff per key.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #waiting = new Map<string, ObjectKey>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #failures = new Map<string, number>();
  #started = false;
  #stopped = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** Keys that wait for a worker; those with a delay don't count. */
  get depth(): number {
    return this.#waiting.size;
  }

  /** Looks at the key as soon as possible. */
  add(key: ObjectKey): void {
    if (this.#stopped) return;
    this.#waiting.set(keyText(key), key);
    this.#dispatch();
  }

  /** Looks at the key after this many seconds. Of several delays of one key the earliest wins. */
  addAfter(key: ObjectKey, seconds: number): void {
    if (this.#stopped) return;
    const { clock } = this.#options;
    const id = keyText(key);
    const dueAt = clock.monotonic() + seconds * 1000;
    const other = this.#delayed.get(id);
    if (other !== undefined && other.dueAt <= dueAt) return;
    other?.cancel();
    const cancel = clock.after(seconds * 1000, () => {
      this.#delayed.delete(id);
      this.add(key);
    });
    this.#delayed.set(id, { dueAt, cancel });
  }

  /** Starts the workers. Keys may have been added before. */
  start(): void {
    this.#started = true;
    this.#dispatch();
  }

  /** Takes no new key and resolves when the running ones have ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#waiting.clear();
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    await Promise.all(this.#running.values());
  }

  #dispatch(): void {
    if (!this.#started || this.#stopped) return;
    for (const [id, key] of this.#waiting) {
      if (this.#running.size >= this.#options.concurrency) return;
      if (this.#running.has(id)) continue;
      this.#waiting.delete(id);
      this.#running.set(id, this.#run(id, key));
    }
  }

  async #run(id: string, key: ObjectKey): Promise<void> {
    // The map must hold this run before the work begins, else the work could start the same key again.
    await Promise.resolve();
    try {
      await this.#options.work(key);
      this.#failures.delete(id);
    } catch (error) {
      this.#retry(id, key, error);
    }
    this.#running.delete(id);
    this.#dispatch();
  }

  #retry(id: string, key: ObjectKey, error: unknown): void {
    const failures = (this.#failures.get(id) ?? 0) + 1;
    this.#failures.set(id, failures);
    const seconds = this.#delayMs(error, failures) / 1000;
    this.#options.onFailure?.(key, error, seconds);
    this.addAfter(key, seconds);
  }

  #delayMs(error: unknown, failures: number): number {
    const { firstMs, capMs } = this.#options.backoff ?? BACKOFF;
    const cap = isOutage(error) ? Math.min(capMs, OUTAGE_CAP_MS) : capMs;
    return Math.min(capMs, Math.max(askedMs(error), backoffDelay({ firstMs, capMs: cap }, failures)));
  }
}

function isOutage(error: unknown): boolean {
  if (error instanceof ApiUnreachable) return true;
  return error instanceof ApiError && (error.code >= 500 || error.code === 429);
}

/** What the API server asked for, in ms. */
function askedMs(error: unknown): number {
  return error instanceof ApiError ? (error.retryAfter ?? 0) * 1000 : 0;
}
