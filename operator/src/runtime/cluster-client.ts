import type { DesiredObject, KubeObject, ObjectKey } from './kube-object.js';
import type { ResourceKind, Subresource } from './resource-kind.js';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long the call may take, in seconds. Default 15, and 30 for each page of a list. */
  readonly timeoutSeconds?: number | undefined;
}

export interface WriteOptions extends CallOptions {
  /** Named in `managedFields`; at most 128 characters. */
  readonly fieldManager?: string | undefined;
}

export interface ApplyOptions extends CallOptions {
  readonly fieldManager: string;
  /** Take over fields that another manager owns. */
  readonly force: boolean;
}

export interface PatchOptions extends WriteOptions {
  readonly subresource?: Subresource | undefined;
}

export interface ListOptions extends CallOptions {
  /** Empty: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Fetch metadata only; `spec`, `status` and `data` never leave the API server. */
  readonly metadataOnly?: boolean | undefined;
  /** Objects per page. Default 250. */
  readonly pageSize?: number | undefined;
  /** What to hold of each object: the rest is forgotten with its page. Default: all of it. */
  readonly keep?: ((object: KubeObject) => KubeObject) | undefined;
}

export interface WatchOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly metadataOnly?: boolean | undefined;
  /** Events after this version are sent. */
  readonly resourceVersion: string;
  /** After this time the API server ends the watch. */
  readonly timeoutSeconds: number;
  /** A connection that is silent (no event and no bookmark) for so long counts as broken. */
  readonly silenceSeconds: number;
  readonly signal: AbortSignal;
}

export interface DeleteOptions extends CallOptions {
  /** Always named: a raw DELETE of a Job without it leaves the Job's pod behind. */
  readonly propagationPolicy: 'Foreground' | 'Background' | 'Orphan';
  /** Delete only the object with this uid; another one is answered with `Conflict`. */
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

export interface KubeList {
  readonly resourceVersion: string;
  readonly items: readonly KubeObject[];
}

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

export interface Scale {
  /** The wanted replicas (`spec.replicas` of the scale subresource). */
  readonly replicas: number;
  readonly resourceVersion: string;
}

/**
 * Every call to the API server. Errors: `ApiError` when it said no, `ApiUnreachable` when no answer came.
 * It is an interface so that tests can put a wrapper around the real one, for example one that dies at a chosen write.
 */
export interface ClusterClient {
  /** One object; undefined when there is none. */
  get(kind: ResourceKind, key: ObjectKey, options?: CallOptions): Promise<KubeObject | undefined>;
  /** The metadata of one object: nothing else is sent by the API server, so a Secret's content is never seen. */
  getMetadata(kind: ResourceKind, key: ObjectKey, options?: CallOptions): Promise<KubeObject | undefined>;
  /** All objects, read page by page. */
  list(kind: ResourceKind, options?: ListOptions): Promise<KubeList>;
  /** Events in order. Ends when the API server ends the watch; throws `ApiError` (410: list again) or `ApiUnreachable`. */
  watch(kind: ResourceKind, options: WatchOptions): AsyncIterable<WatchEvent>;
  /** POST. `AlreadyExists` when the name is taken. */
  create(kind: ResourceKind, object: DesiredObject, options?: WriteOptions): Promise<KubeObject>;
  /** Server-side apply of exactly these fields. */
  apply(kind: ResourceKind, object: DesiredObject, options: ApplyOptions): Promise<KubeObject>;
  /** Server-side apply of the status subresource. */
  applyStatus(kind: ResourceKind, object: DesiredObject, options: ApplyOptions): Promise<KubeObject>;
  /** JSON merge patch (RFC 7386). Put `metadata.resourceVersion` into the patch to make it conditional. */
  mergePatch(
    kind: ResourceKind,
    key: ObjectKey,
    patch: Readonly<Record<string, unknown>>,
    options?: PatchOptions,
  ): Promise<KubeObject>;
  /** PUT. With `metadata.resourceVersion`, `Conflict` when someone wrote in between. */
  replace(kind: ResourceKind, object: DesiredObject, options?: WriteOptions): Promise<KubeObject>;
  /** PUT of the status subresource; `metadata.resourceVersion` is required, so that a stale writer is refused. */
  updateStatus(kind: ResourceKind, object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  /** The scale subresource; undefined when the object does not exist. */
  getScale(kind: ResourceKind, key: ObjectKey, options?: CallOptions): Promise<Scale | undefined>;
  /** Sets the wanted replicas through the scale subresource. */
  setScale(kind: ResourceKind, key: ObjectKey, replicas: number, options?: WriteOptions): Promise<Scale>;
  /** True when the object was there, false when it was already gone. */
  delete(kind: ResourceKind, key: ObjectKey, options: DeleteOptions): Promise<boolean>;
  /** Closes the connections. */
  close(): Promise<void>;
}
