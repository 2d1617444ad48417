import { ApiError, KubeObject } from './runtime/index.js';
import type {
  ClusterClient,
  DesiredObject,
  ObjectKey,
  ResourceKind,
  WatchEvent,
  WatchOptions,
} from './runtime/index.js';

/**
 * Plays the API server for unit tests: objects in memory, with the refusals that a real one gives. Watches send the events that
 * the test scripts, so that caches are as late as it wants. `writes` says what was written, in words.
 */
export class PlayedApiServer implements ClusterClient {
  readonly writes: string[] = [];
  /** Each watch takes the next script; without one it waits for its signal. */
  readonly watches: (() => Iterable<WatchEvent>)[] = [];
  /** The resource versions that watches began with. */
  readonly watchedFrom: string[] = [];
  /** Thrown at the next list, and then no more. */
  listError: Error | undefined;
  /** Thrown at every create. */
  createError: Error | undefined;
  readonly #objects = new Map<string, KubeObject>();
  #version = 100;

  /** Puts an object there, as others would. */
  put(object: DesiredObject): KubeObject {
    this.#version += 1;
    const { uid = `uid-${this.#version}` } = object.metadata;
    const metadata = { ...object.metadata, uid, resourceVersion: String(this.#version) };
    const stored = KubeObject.parse({ ...object, metadata });
    this.#objects.set(idOf(object), stored);
    return structuredClone(stored);
  }

  get(kind: ResourceKind, key: ObjectKey): Promise<KubeObject | undefined> {
    return Promise.resolve(structuredClone(this.#objects.get(idOf({ ...kind, metadata: key }))));
  }

  getMetadata(kind: ResourceKind, key: ObjectKey): Promise<KubeObject | undefined> {
    return this.get(kind, key);
  }

  list(kind: ResourceKind): Promise<{ resourceVersion: string; items: readonly KubeObject[] }> {
    const error = this.listError;
    this.listError = undefined;
    if (error !== undefined) return Promise.reject(error);
    const items = [...this.#objects.values()].filter((object) => object.kind === kind.kind);
    return Promise.resolve({ resourceVersion: String(this.#version), items: structuredClone(items) });
  }

  async *watch(_kind: ResourceKind, { signal, resourceVersion }: WatchOptions): AsyncGenerator<WatchEvent> {
    this.watchedFrom.push(resourceVersion);
    const script = this.watches.shift();
    if (script !== undefined) {
      yield* script();
      return;
    }
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
  }

  create(_kind: ResourceKind, object: DesiredObject): Promise<KubeObject> {
    if (this.createError !== undefined) return Promise.reject(this.createError);
    if (this.#objects.has(idOf(object))) return refuse(409, 'AlreadyExists');
    return this.#write('create', object);
  }

  apply(_kind: ResourceKind, object: DesiredObject): Promise<KubeObject> {
    const live = this.#objects.get(idOf(object));
    const { uid } = object.metadata;
    if (uid !== undefined && uid !== live?.metadata.uid) return refuse(409, 'Conflict');
    return this.#write('apply', merged(live, object));
  }

  applyStatus(kind: ResourceKind, object: DesiredObject): Promise<KubeObject> {
    return this.apply(kind, object);
  }

  mergePatch(kind: ResourceKind, key: ObjectKey, patch: Readonly<Record<string, unknown>>): Promise<KubeObject> {
    const live = this.#objects.get(idOf({ ...kind, metadata: key }));
    if (live === undefined) return refuse(404, 'NotFound');
    const { metadata = {} } = patch;
    return this.#write('patch', { ...live, ...patch, metadata: { ...live.metadata, ...fieldsOf(metadata) } });
  }

  replace(_kind: ResourceKind, object: DesiredObject): Promise<KubeObject> {
    return this.#write('replace', object);
  }

  updateStatus(_kind: ResourceKind, object: KubeObject): Promise<KubeObject> {
    const live = this.#objects.get(idOf(object));
    if (live === undefined) return refuse(404, 'NotFound');
    if (live.metadata.resourceVersion !== object.metadata.resourceVersion) return refuse(409, 'Conflict');
    return this.#write('update the status of', object);
  }

  getScale(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  setScale(
    _kind: ResourceKind,
    _key: ObjectKey,
    replicas: number,
  ): Promise<{ replicas: number; resourceVersion: string }> {
    return Promise.resolve({ replicas, resourceVersion: String(this.#version) });
  }

  delete(kind: ResourceKind, key: ObjectKey): Promise<boolean> {
    this.writes.push(`delete ${kind.kind} ${key.name}`);
    return Promise.resolve(this.#objects.delete(idOf({ ...kind, metadata: key })));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #write(verb: string, object: DesiredObject): Promise<KubeObject> {
    this.writes.push(`${verb} ${object.kind} ${object.metadata.name}`);
    return Promise.resolve(this.put(object));
  }
}

function idOf(object: {
  readonly kind: string;
  readonly metadata: { name: string; namespace?: string | undefined };
}): string {
  return `${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

function merged(live: KubeObject | undefined, object: DesiredObject): DesiredObject {
  return live === undefined ? object : { ...live, ...object, metadata: { ...live.metadata, ...object.metadata } };
}

function fieldsOf(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

function refuse(code: number, reason: string): Promise<never> {
  return Promise.reject(new ApiError(`refused with ${reason}`, { code, reason }));
}
