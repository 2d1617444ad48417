import { systemClock } from './clock.js';
import type { Clock } from './clock.js';
import type { ObjectKey } from './kube-object.js';
import type { Reflector } from './reflector.js';
import type { Change } from './store.js';
import { WorkQueue } from './work-queue.js';

/** Whose changes bring which keys back. */
export interface Source {
  readonly reflector: Reflector;
  readonly keysOf: (change: Change) => readonly ObjectKey[];
}

/** How a reconcile ended. */
export interface ReconcileResult {
  /** Look again after this time even when nothing changed. */
  readonly requeueAfterSeconds?: number | undefined;
  /** What failed, so that the key comes back after its backoff too. */
  readonly failure?: Error | undefined;
}

export interface ControllerHooks {
  /** After each reconcile. `error` is undefined when it went well. */
  readonly onReconciled?: ((key: ObjectKey, seconds: number, error: unknown) => void) | undefined;
  /** A reconcile failed and comes again. */
  readonly onFailure?: ((key: ObjectKey, error: unknown, retrySeconds: number) => void) | undefined;
  /** How many keys wait for a worker, at each change of a watched object and after each reconcile. */
  readonly onDepth?: ((depth: number) => void) | undefined;
}

export interface ControllerOptions {
  readonly sources: readonly Source[];
  readonly reconcile: (key: ObjectKey) => Promise<ReconcileResult>;
  /** Keys worked on at the same time. */
  readonly concurrency: number;
  readonly hooks?: ControllerHooks | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Brings every key of the sources to `reconcile`, first all that exist and then those that change, until the signal is
 * aborted; resolves when the running reconciles have ended. The reflectors are started and stopped by the caller, so that a
 * process which isn't the leader can keep them warm.
 */
export async function runController(options: ControllerOptions, signal: AbortSignal): Promise<void> {
  const queue = queueFor(options);
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
  const unsubscribe = options.sources.map((source) =>
    source.reflector.onChange((change) => {
      for (const key of source.keysOf(change)) queue.add(key);
      options.hooks?.onDepth?.(queue.depth);
    }),
  );
  await Promise.race([stopped, Promise.all(options.sources.map((source) => source.reflector.synced))]);
  if (!signal.aborted) {
    for (const { reflector, keysOf } of options.sources) {
      for (const now of reflector.store.list())
        keysOf({ now }).forEach((key) => {
          queue.add(key);
        });
    }
    queue.start();
  }
  await stopped;
  for (const end of unsubscribe) end();
  await queue.stop();
}

function queueFor(options: ControllerOptions): WorkQueue {
  const { hooks, clock = systemClock, concurrency } = options;
  const queue: WorkQueue = new WorkQueue({ clock, concurrency, work, onFailure: hooks?.onFailure });
  return queue;

  async function work(key: ObjectKey): Promise<void> {
    const startedAt = clock.monotonic();
    let failure: unknown;
    try {
      const { requeueAfterSeconds, failure: told } = await options.reconcile(key);
      if (requeueAfterSeconds !== undefined) queue.addAfter(key, requeueAfterSeconds);
      if (told !== undefined) throw told;
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      hooks?.onReconciled?.(key, (clock.monotonic() - startedAt) / 1000, failure);
      hooks?.onDepth?.(queue.depth);
    }
  }
}
