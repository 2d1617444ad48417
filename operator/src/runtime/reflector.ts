import { ApiError, isExpired } from './api-error.js';
import { jitteredDelay } from './backoff.js';
import type { Backoff } from './backoff.js';
import { pause, systemClock } from './clock.js';
import type { Clock } from './clock.js';
import type { ClusterClient, WatchEvent } from './cluster-client.js';
import type { KubeObject } from './kube-object.js';
import type { ResourceKind } from './resource-kind.js';
import { Store } from './store.js';
import type { Change, StoreView } from './store.js';

export interface ReflectorOptions {
  readonly cluster: ClusterClient;
  readonly kind: ResourceKind;
  /** Empty: all namespaces. */
  readonly namespaces?: readonly string[] | undefined;
  readonly labelSelector?: string | undefined;
  /** Hold metadata only. */
  readonly metadataOnly?: boolean | undefined;
  /** What to hold of an object, so that memory is not spent on what nobody reads. Default: all of it. */
  readonly keep?: ((object: KubeObject) => KubeObject) | undefined;
  /** Told about each failed list or broken watch, with the seconds until the next try. */
  readonly onError?: ((error: unknown, retrySeconds: number) => void) | undefined;
  readonly clock?: Clock | undefined;
  /** In [0, 1). */
  readonly random?: (() => number) | undefined;
  readonly backoff?: Backoff | undefined;
  /** The API server ends a watch after this time, plus up to a quarter, and we go on from there. Default 15. */
  readonly watchSeconds?: number | undefined;
  /**
   * A watch that is silent for so long counts as broken. It must be longer than the longest watch, since a quiet watch may say
   * nothing before its end. Default 24.
   */
  readonly silenceSeconds?: number | undefined;
}

export type ChangeHandler = (change: Change) => void;

// The cap is what a watch may lag behind the end of a long outage.
const BACKOFF: Backoff = { firstMs: 500, capMs: 5_000 };
// Nothing tells of a half-open connection but that an answer which is due stays out. The end of a watch is always due soon: going
// on from its last version costs the API server one small request per kind, and no list.
const WATCH_SECONDS = 15;
const SILENCE_SECONDS = 24;

interface Progress {
  /** What to go on from; undefined: list first. */
  version: string | undefined;
  /** A list alone is no progress: an API server whose every watch is too old at once would be asked for lists without a pause. */
  sawEvent: boolean;
}

/**
 * Keeps a local copy of one kind up to date: list, then watch. A broken or ended watch goes on from the last version seen; one
 * that is too old (410 Gone) is listed again. It never gives up before its signal is aborted.
 */
export class Reflector {
  readonly kind: ResourceKind;
  /** Resolves when every namespace was listed for the first time. Pending for ever when that never happens. */
  readonly synced: Promise<void>;
  readonly #options: ReflectorOptions;
  readonly #clock: Clock;
  readonly #keep: (object: KubeObject) => KubeObject;
  readonly #store = new Store();
  readonly #handlers = new Set<ChangeHandler>();
  readonly #unsynced: Set<string>;
  readonly #resolveSynced: () => void;
  #lastEventAt: number | undefined;

  constructor(options: ReflectorOptions) {
    this.kind = options.kind;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#keep = options.keep ?? ((object) => object);
    const { namespaces = [] } = options;
    this.#unsynced = new Set(namespaces.length === 0 ? [''] : namespaces);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.synced = promise.then(() => undefined);
    this.#resolveSynced = () => {
      resolve(undefined);
    };
  }

  get store(): StoreView {
    return this.#store;
  }

  /** When the API server last sent a list, an event, a bookmark or a watch's end: ms on the monotonic clock. Undefined: never. */
  get lastEventTime(): number | undefined {
    return this.#lastEventAt;
  }

  /** Calls the handler after each change of the store. Handlers must not throw. Returns the way to unsubscribe. */
  onChange(handler: ChangeHandler): () => void {
    this.#handlers.add(handler);
    return () => {
      this.#handlers.delete(handler);
    };
  }

  /** Lists and watches until the signal is aborted, then resolves. Never rejects. Start it once. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#unsynced].map((namespace) => this.#follow(namespace, signal)));
  }

  async #follow(namespace: string, signal: AbortSignal): Promise<void> {
    let version: string | undefined;
    let failures = 0;
    while (!signal.aborted) {
      const startedAt = this.#clock.monotonic();
      const progress: Progress = { version, sawEvent: false };
      const error = await this.#attempt(namespace, progress, signal);
      version = isExpired(error) ? undefined : progress.version;
      // A watch that the API server ended in its time is no failure; one that got further starts a new count.
      const ended = error === undefined && this.#clock.monotonic() - startedAt > 5_000;
      const before = progress.sawEvent ? 0 : failures;
      failures = ended ? 0 : before + 1;
      await this.#waitAfter(error, failures, signal);
    }
  }

  /** Lists when no version is known, then watches until the watch ends. Returns what broke it, if something did. */
  async #attempt(namespace: string, progress: Progress, signal: AbortSignal): Promise<unknown> {
    try {
      progress.version ??= await this.#list(namespace, signal);
      const { watchSeconds = WATCH_SECONDS, silenceSeconds = SILENCE_SECONDS, random = Math.random } = this.#options;
      const events = this.#options.cluster.watch(this.kind, {
        namespace,
        labelSelector: this.#options.labelSelector,
        metadataOnly: this.#options.metadataOnly,
        resourceVersion: progress.version,
        timeoutSeconds: Math.ceil(watchSeconds * (1 + random() / 4)),
        silenceSeconds,
        signal,
      });
      for await (const event of events) {
        progress.version = this.#take(event);
        progress.sawEvent = true;
      }
      // Ended by the API server in its time: it answers, also where nothing happened.
      this.#lastEventAt = this.#clock.monotonic();
      return undefined;
    } catch (error) {
      return error;
    }
  }

  async #list(namespace: string, signal: AbortSignal): Promise<string> {
    const { cluster, labelSelector, metadataOnly, keep } = this.#options;
    const list = await cluster.list(this.kind, { namespace, labelSelector, metadataOnly, keep, signal });
    this.#lastEventAt = this.#clock.monotonic();
    for (const change of this.#store.replace(list.items, namespace)) this.#notify(change);
    this.#unsynced.delete(namespace);
    if (this.#unsynced.size === 0) this.#resolveSynced();
    return list.resourceVersion;
  }

  #take(event: WatchEvent): string {
    this.#lastEventAt = this.#clock.monotonic();
    if (event.type === 'BOOKMARK') return event.resourceVersion;
    const object = this.#keep(event.object);
    const change = event.type === 'DELETED' ? this.#store.remove(object) : this.#store.put(object);
    if (change !== undefined) this.#notify(change);
    return event.object.metadata.resourceVersion;
  }

  #notify(change: Change): void {
    for (const handler of this.#handlers) handler(change);
  }

  async #waitAfter(error: unknown, failures: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || failures === 0) return;
    const { random = Math.random, backoff = BACKOFF, onError } = this.#options;
    const delay = Math.max(askedDelay(error), jitteredDelay(backoff, failures, random()));
    if (error !== undefined) onError?.(error, delay / 1000);
    await pause(this.#clock, delay, signal);
  }
}

/** What the API server asked for, in ms; half a minute at most. */
function askedDelay(error: unknown): number {
  return error instanceof ApiError ? Math.min(30, error.retryAfter ?? 0) * 1000 : 0;
}
