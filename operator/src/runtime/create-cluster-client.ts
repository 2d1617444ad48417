import { z } from 'zod';
import { ApiError, apiErrorFromStatus, isExpired } from './api-error.js';
import type {
  ApplyOptions,
  CallOptions,
  ClusterClient,
  DeleteOptions,
  KubeList,
  ListOptions,
  PatchOptions,
  Scale,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './cluster-client.js';
import { Connection } from './connection.js';
import type { KubeAccess } from './kube-access.js';
import { keyOf, KubeObject } from './kube-object.js';
import type { DesiredObject, ObjectKey } from './kube-object.js';
import { collectionPath, objectPath } from './resource-kind.js';
import type { ResourceKind, Subresource } from './resource-kind.js';

const METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
const APPLY = 'application/apply-patch+yaml';
const MERGE_PATCH = 'application/merge-patch+json';
const PAGE_SIZE = 250;
const PAGE_SECONDS = 30;

const ListBody = z.looseObject({
  metadata: z.looseObject({
    resourceVersion: z.string(),
    // Empty on the last page.
    continue: z
      .string()
      .optional()
      .transform((token) => (token === '' ? undefined : token)),
  }),
  // An empty list of metadata comes as null: Go's nil slice.
  items: z
    .array(z.record(z.string(), z.unknown()))
    .nullish()
    .transform((items) => items ?? []),
});

const EventBody = z.object({ type: z.string(), object: z.record(z.string(), z.unknown()) });

const BookmarkBody = z.looseObject({ metadata: z.looseObject({ resourceVersion: z.string() }) });

const ScaleBody = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string() }),
  spec: z.looseObject({ replicas: z.number().default(0) }).default({ replicas: 0 }),
});

/** A client for the current context of a kubeconfig. It opens connections when they are needed; end it with `close`. */
export async function createClusterClient(access: KubeAccess | Promise<KubeAccess>): Promise<ClusterClient> {
  return new HttpClusterClient(await Connection.open(await access));
}

class HttpClusterClient implements ClusterClient {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get(kind: ResourceKind, key: ObjectKey, options: CallOptions = {}): Promise<KubeObject | undefined> {
    return this.#read(kind, key, options);
  }

  getMetadata(kind: ResourceKind, key: ObjectKey, options: CallOptions = {}): Promise<KubeObject | undefined> {
    return this.#read(kind, key, { ...options, accept: METADATA });
  }

  async list(kind: ResourceKind, options: ListOptions = {}): Promise<KubeList> {
    try {
      return await this.#pages(kind, options);
    } catch (error) {
      if (!isExpired(error)) throw error;
      // The pages took longer than the API server keeps old versions: the whole list in one answer can't expire.
      return await this.#pages(kind, { ...options, pageSize: 0 });
    }
  }

  async *watch(kind: ResourceKind, options: WatchOptions): AsyncGenerator<WatchEvent> {
    const path = collectionPath(kind, options.namespace ?? '');
    const lines = this.#connection.lines({
      method: 'GET',
      path,
      accept: options.metadataOnly === true ? METADATA : undefined,
      query: {
        watch: 'true',
        allowWatchBookmarks: 'true',
        labelSelector: options.labelSelector,
        resourceVersion: options.resourceVersion,
        timeoutSeconds: String(options.timeoutSeconds),
      },
      signal: options.signal,
      silenceSeconds: options.silenceSeconds,
    });
    for await (const line of lines) yield parseEvent(kind, path, line);
  }

  create(kind: ResourceKind, object: DesiredObject, options: WriteOptions = {}): Promise<KubeObject> {
    const path = collectionPath(kind, keyOf(object).namespace);
    return this.#write(kind, { method: 'POST', path, body: object, ...writing(options) });
  }

  apply(kind: ResourceKind, object: DesiredObject, options: ApplyOptions): Promise<KubeObject> {
    return this.#apply(kind, object, options);
  }

  applyStatus(kind: ResourceKind, object: DesiredObject, options: ApplyOptions): Promise<KubeObject> {
    return this.#apply(kind, object, options, 'status');
  }

  mergePatch(
    kind: ResourceKind,
    key: ObjectKey,
    patch: Readonly<Record<string, unknown>>,
    options: PatchOptions = {},
  ): Promise<KubeObject> {
    const path = objectPath(kind, key, options.subresource);
    return this.#write(kind, { method: 'PATCH', path, body: patch, contentType: MERGE_PATCH, ...writing(options) });
  }

  replace(kind: ResourceKind, object: DesiredObject, options: WriteOptions = {}): Promise<KubeObject> {
    const path = objectPath(kind, keyOf(object));
    return this.#write(kind, { method: 'PUT', path, body: object, ...writing(options) });
  }

  updateStatus(kind: ResourceKind, object: KubeObject, options: WriteOptions = {}): Promise<KubeObject> {
    const path = objectPath(kind, keyOf(object), 'status');
    return this.#write(kind, { method: 'PUT', path, body: object, ...writing(options) });
  }

  async getScale(kind: ResourceKind, key: ObjectKey, options: CallOptions = {}): Promise<Scale | undefined> {
    const path = objectPath(kind, key, 'scale');
    const answer = await orUndefined(this.#connection.call({ method: 'GET', path, ...options }));
    return answer === undefined ? undefined : parseScale(answer.body);
  }

  async setScale(kind: ResourceKind, key: ObjectKey, replicas: number, options: WriteOptions = {}): Promise<Scale> {
    const answer = await this.#connection.call({
      method: 'PATCH',
      path: objectPath(kind, key, 'scale'),
      contentType: MERGE_PATCH,
      body: { spec: { replicas } },
      ...writing(options),
    });
    return parseScale(answer.body);
  }

  async delete(kind: ResourceKind, key: ObjectKey, options: DeleteOptions): Promise<boolean> {
    const { propagationPolicy, uid, resourceVersion, ...call } = options;
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy,
      preconditions: { uid, resourceVersion },
    };
    const answer = this.#connection.call({ method: 'DELETE', path: objectPath(kind, key), body, ...call });
    return (await orUndefined(answer)) !== undefined;
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #read(
    kind: ResourceKind,
    key: ObjectKey,
    options: CallOptions & { readonly accept?: string },
  ): Promise<KubeObject | undefined> {
    const answer = await orUndefined(this.#connection.call({ method: 'GET', path: objectPath(kind, key), ...options }));
    return answer === undefined ? undefined : parseObject(kind, answer.body);
  }

  #apply(
    kind: ResourceKind,
    object: DesiredObject,
    options: ApplyOptions,
    subresource?: Subresource,
  ): Promise<KubeObject> {
    const { fieldManager, force, ...call } = options;
    return this.#write(kind, {
      method: 'PATCH',
      path: objectPath(kind, keyOf(object), subresource),
      contentType: APPLY,
      query: { fieldManager, force: String(force) },
      body: object,
      ...call,
    });
  }

  async #write(kind: ResourceKind, request: Parameters<Connection['call']>[0]): Promise<KubeObject> {
    const answer = await this.#connection.call(request);
    return parseObject(kind, answer.body);
  }

  async #pages(kind: ResourceKind, options: ListOptions): Promise<KubeList> {
    const {
      namespace = '',
      labelSelector,
      fieldSelector,
      metadataOnly,
      pageSize = PAGE_SIZE,
      keep = whole,
      ...call
    } = options;
    const items: KubeObject[] = [];
    let token: string | undefined;
    for (;;) {
      const limit = pageSize === 0 ? undefined : String(pageSize);
      const answer = await this.#connection.call({
        method: 'GET',
        path: collectionPath(kind, namespace),
        accept: metadataOnly === true ? METADATA_LIST : undefined,
        query: { labelSelector, fieldSelector, limit, continue: token },
        timeoutSeconds: PAGE_SECONDS,
        ...call,
      });
      const page = ListBody.parse(answer.body);
      items.push(...page.items.map((item) => keep(parseObject(kind, item))));
      token = page.metadata.continue;
      if (token === undefined) return { resourceVersion: page.metadata.resourceVersion, items };
    }
  }
}

function writing(options: PatchOptions): CallOptions & { readonly query: Record<string, string | undefined> } {
  const { signal, timeoutSeconds, fieldManager } = options;
  return { signal, timeoutSeconds, query: { fieldManager } };
}

function whole(object: KubeObject): KubeObject {
  return object;
}

/** Items of a list and metadata-only answers don't carry their own kind. */
function parseObject(kind: ResourceKind, body: unknown): KubeObject {
  const fields = z.record(z.string(), z.unknown()).parse(body);
  return KubeObject.parse({ ...fields, apiVersion: kind.apiVersion, kind: kind.kind });
}

function parseScale(body: unknown): Scale {
  const scale = ScaleBody.parse(body);
  return { replicas: scale.spec.replicas, resourceVersion: scale.metadata.resourceVersion };
}

function parseEvent(kind: ResourceKind, path: string, line: string): WatchEvent {
  const { type, object } = EventBody.parse(JSON.parse(line));
  if (type === 'BOOKMARK') return { type, resourceVersion: BookmarkBody.parse(object).metadata.resourceVersion };
  if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') return { type, object: parseObject(kind, object) };
  throw apiErrorFromStatus(`The watch of ${path}`, object);
}

async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return undefined;
    throw error;
  }
}
