import { createHash } from 'node:crypto';
import { systemClock } from './clock.js';
import type { Clock } from './clock.js';
import type { ClusterClient } from './cluster-client.js';
import type { DesiredObject, KubeObject } from './kube-object.js';
import type { ResourceKind } from './resource-kind.js';
import { TokenBucket } from './token-bucket.js';

export const eventKind: ResourceKind = {
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  plural: 'events',
  namespaced: true,
};

export interface EventRecorderOptions {
  readonly cluster: ClusterClient;
  /** Who reports, for example `churnops.dev/operator`. */
  readonly controller: string;
  /** Which process of it, for example the pod's name. */
  readonly instance: string;
  readonly clock?: Clock | undefined;
  /** Told about an event that could not be written. Nothing else comes of it. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Events about one object at once, before the rate of one in `refillSeconds`. Default 25. */
  readonly burst?: number | undefined;
  /** Default 5. */
  readonly refillSeconds?: number | undefined;
}

export interface EventNote {
  readonly regarding: KubeObject;
  readonly type: 'Normal' | 'Warning';
  /** One CamelCase word, as in conditions. */
  readonly reason: string;
  /** What was done: one CamelCase word. */
  readonly action: string;
  /** For people. Cut after 1,024 bytes, as the API asks. */
  readonly note: string;
}

interface Series {
  readonly name: string;
  readonly firstAt: number;
  count: number;
}

// The API server keeps events for an hour; a series that is older starts anew, since its object may be gone.
const SERIES_MS = 30 * 60_000;
const MAX_SERIES = 1_000;
const MAX_BUCKETS = 1_000;

/**
 * Writes events that `kubectl describe` shows. Equal notes become one event with a count. Events are a courtesy: too many
 * about one object are dropped, failures are reported and forgotten, and no caller ever waits for them.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #clock: Clock;
  /** By uid: what happens to one object must not silence what is told of another. */
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #series = new Map<string, Series>();
  #tail: Promise<void> = Promise.resolve();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Queues the event and returns at once. Never throws. */
  record(note: EventNote): void {
    // Before it is counted: a dropped first one must not make the next one a patch of an event that is not there.
    if (!this.#bucketOf(note.regarding).take()) return;
    const id = seriesId(note);
    const series = this.#seriesOf(id, note);
    series.count += 1;
    // The count is read when it is queued: later calls have their own write.
    const count = series.count;
    this.#tail = this.#tail
      .then(() => this.#write(note, series.name, count))
      .catch((error: unknown) => {
        this.#series.delete(id);
        this.#options.onError?.(error);
      });
  }

  /** Resolves when everything queued so far has been written or has failed. */
  flush(): Promise<void> {
    return this.#tail;
  }

  #bucketOf({ metadata }: KubeObject): TokenBucket {
    const id = metadata.uid;
    const known = this.#buckets.get(id);
    if (known !== undefined) return known;
    const oldest = this.#buckets.keys().next();
    if (this.#buckets.size >= MAX_BUCKETS && oldest.done !== true) this.#buckets.delete(oldest.value);
    const { burst = 25, refillSeconds = 5 } = this.#options;
    const fresh = new TokenBucket(this.#clock, burst, refillSeconds);
    this.#buckets.set(id, fresh);
    return fresh;
  }

  #seriesOf(id: string, note: EventNote): Series {
    const now = this.#clock.monotonic();
    const known = this.#series.get(id);
    if (known !== undefined && now - known.firstAt < SERIES_MS) return known;
    const oldest = this.#series.keys().next();
    if (this.#series.size >= MAX_SERIES && oldest.done !== true) this.#series.delete(oldest.value);
    const suffix = createHash('sha256').update(`${id} ${this.#options.instance} ${this.#clock.wall().toISOString()}`);
    const name = `${note.regarding.metadata.name}.${suffix.digest('hex').slice(0, 16)}`;
    const fresh: Series = { name, firstAt: now, count: 0 };
    this.#series.delete(id);
    this.#series.set(id, fresh);
    return fresh;
  }

  async #write(note: EventNote, name: string, count: number): Promise<void> {
    const namespace = note.regarding.metadata.namespace ?? 'default';
    const time = this.#clock.wall().toISOString().replace('Z', '000Z');
    if (count === 1) {
      await this.#options.cluster.create(eventKind, this.#event(note, { name, namespace }, time));
      return;
    }
    const patch = { series: { count, lastObservedTime: time } };
    await this.#options.cluster.mergePatch(eventKind, { namespace, name }, patch);
  }

  #event(note: EventNote, metadata: { name: string; namespace: string }, eventTime: string): DesiredObject {
    const { apiVersion, kind } = note.regarding;
    const { name, namespace, uid, resourceVersion } = note.regarding.metadata;
    return {
      apiVersion: eventKind.apiVersion,
      kind: eventKind.kind,
      metadata,
      regarding: { apiVersion, kind, name, namespace, uid, resourceVersion },
      type: note.type,
      reason: note.reason,
      action: note.action,
      note: firstBytes(note.note, 1_024),
      eventTime,
      reportingController: this.#options.controller,
      reportingInstance: this.#options.instance,
    };
  }
}

function seriesId({ regarding, type, reason, action, note }: EventNote): string {
  return JSON.stringify([regarding.metadata.uid, type, reason, action, note]);
}

function firstBytes(text: string, limit: number): string {
  let end = text.length;
  while (Buffer.byteLength(text.slice(0, end)) > limit) end -= 1;
  return text.slice(0, end);
}
