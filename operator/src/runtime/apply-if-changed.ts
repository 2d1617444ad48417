import { createHash } from 'node:crypto';
import type { ClusterClient } from './cluster-client.js';
import { compareResourceVersions, controllerOf, keyOf, keyText } from './kube-object.js';
import type { DesiredObject, KubeObject, ObjectKey, OwnerReference } from './kube-object.js';
import { project } from './projection.js';
import type { ResourceKind } from './resource-kind.js';

/** The name is taken by an object that isn't ours: nothing was written. The user must remove or rename one of the two. */
export class NameConflict extends Error {
  override readonly name = 'NameConflict';
  readonly objectName: string;
  /** Whether the object is on its way out by itself: it is being deleted, or belongs to a deleted owner of the same name. */
  readonly isPassing: boolean;

  constructor(live: KubeObject, desired: DesiredObject) {
    const owner = controllerOf(live);
    const whose = owner === undefined ? 'has no owner' : `belongs to ${owner.kind} ${owner.name}`;
    super(`${live.kind} ${keyText(keyOf(live))} exists already and ${whose}: remove it, or choose another name`);
    this.objectName = live.metadata.name;
    this.isPassing = live.metadata.deletionTimestamp != null || isPredecessor(owner, controllerOf(desired));
  }
}

/** Two objects of one kind and name, but different uids, follow one another: the garbage collector removes what the first had. */
function isPredecessor(owner: OwnerReference | undefined, ours: OwnerReference | undefined): boolean {
  if (owner === undefined || ours === undefined) return false;
  return owner.kind === ours.kind && owner.name === ours.name && owner.apiVersion === ours.apiVersion;
}

export interface ApplyResult {
  /** The object after the apply, or the live one when nothing was sent. */
  readonly object: KubeObject;
  readonly outcome: 'created' | 'changed' | 'unchanged' | 'notSent';
}

/** What is remembered of applies, by kind and key. It outlives a tenure: a leader that comes back need not apply everything. */
export type AppliedMemory = Map<string, Applied>;

/** What is remembered of an apply. Of large values only the hashes: there is one for each child of each model. */
interface Applied {
  readonly owner: ObjectKey;
  readonly desired: string;
  readonly projection: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

export interface ApplierOptions {
  readonly fieldManager: string;
  /** The annotation in which an object of this kind carries the hash of the wish that it was last applied from, if it has one. */
  readonly hashAnnotationOf?: ((kind: ResourceKind) => string | undefined) | undefined;
  /** Whether an apply of this kind names the version that it was made for, so that one which comes late is a Conflict. */
  readonly namesVersion?: ((kind: ResourceKind) => boolean) | undefined;
  readonly memory?: AppliedMemory | undefined;
}

/**
 * Server-side apply under one field manager, which is not sent when nothing would change. The API server rewrites values
 * (`cpu: "0.01"` comes back as `10m`) and adds defaults, so the live object is compared with what our last apply of the same
 * wish returned, at the places that the wish names. A process that did not make that apply knows by the annotation that the
 * wish is the same, so that the apply would take no field away, and sends none when the values are the wish's to the letter.
 */
export class Applier {
  readonly #cluster: ClusterClient;
  readonly #options: ApplierOptions;
  readonly #applied: AppliedMemory;

  constructor(cluster: ClusterClient, options: ApplierOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#applied = options.memory ?? new Map<string, Applied>();
  }

  /**
   * Applies the wish unless the live object (from a cache, which may be late) already is as our last apply left it.
   * Throws `NameConflict`, before any write, when the object exists and its controller isn't that of the wish.
   */
  async apply(kind: ResourceKind, wish: DesiredObject, live: KubeObject | undefined): Promise<ApplyResult> {
    const id = `${kind.apiVersion}/${kind.plural}/${keyText(keyOf(wish))}`;
    const annotation = this.#options.hashAnnotationOf?.(kind);
    const desired = annotation === undefined ? wish : withAnnotation(wish, annotation, hashOf(wish));
    if (live !== undefined && isApplied(desired, live, { annotation, last: this.#applied.get(id) })) {
      return { object: live, outcome: 'notSent' };
    }
    const existing = live ?? (await this.#cluster.getMetadata(kind, keyOf(desired)));
    refuseForeign(existing, desired);
    const fenced = existing === undefined ? desired : withMetadata(desired, this.#seen(kind, existing));
    const object = await this.#cluster.apply(kind, fenced, {
      fieldManager: this.#options.fieldManager,
      force: true,
    });
    this.#applied.set(id, remembered(desired, object));
    return { object, outcome: outcomeOf(existing, object) };
  }

  /** With the uid of the object that was checked, the API server refuses the apply when another one took its name since. */
  #seen(kind: ResourceKind, { metadata: { uid, resourceVersion } }: KubeObject): Partial<KubeObject['metadata']> {
    return this.#options.namesVersion?.(kind) === true ? { uid, resourceVersion } : { uid };
  }

  /** Forgets an object that is gone, so that the memory does not grow with every object that ever was. */
  forget(kind: ResourceKind, key: ObjectKey): void {
    this.#applied.delete(`${kind.apiVersion}/${kind.plural}/${keyText(key)}`);
  }

  /** Forgets every object whose controller has this key. */
  forgetChildrenOf(owner: ObjectKey): void {
    for (const [id, applied] of this.#applied) {
      if (keyText(applied.owner) === keyText(owner)) this.#applied.delete(id);
    }
  }
}

function refuseForeign(existing: KubeObject | undefined, desired: DesiredObject): void {
  if (existing === undefined) return;
  if (controllerOf(existing)?.uid !== controllerOf(desired)?.uid) throw new NameConflict(existing, desired);
}

function remembered(desired: DesiredObject, object: KubeObject): Applied {
  const { uid, resourceVersion } = object.metadata;
  const owner = { namespace: keyOf(desired).namespace, name: controllerOf(desired)?.name ?? '' };
  return { owner, desired: hashOf(desired), projection: hashOf(project(object, desired)), uid, resourceVersion };
}

/** Of the JSON as it is: builders and the API server write the fields of one kind in one order. */
function hashOf(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([value]))
    .digest('hex');
}

function withAnnotation(desired: DesiredObject, name: string, value: string): DesiredObject {
  return withMetadata(desired, { annotations: { ...desired.metadata.annotations, [name]: value } });
}

function withMetadata(desired: DesiredObject, metadata: Partial<KubeObject['metadata']>): DesiredObject {
  return { ...desired, metadata: { ...desired.metadata, ...metadata } };
}

interface Marks {
  readonly annotation: string | undefined;
  readonly last: Applied | undefined;
}

function isApplied(desired: DesiredObject, live: KubeObject, { annotation, last }: Marks): boolean {
  if (last !== undefined && isSame(desired, live, last)) return true;
  return annotation !== undefined && isAsWished(desired, live);
}

/** Applied from this very wish, as one of the values tells, and every value is still as it was wished. */
function isAsWished(desired: DesiredObject, live: KubeObject): boolean {
  return hashOf(project(live, desired)) === hashOf(desired);
}

function isSame(desired: DesiredObject, live: KubeObject, last: Applied): boolean {
  if (live.metadata.uid !== last.uid || hashOf(desired) !== last.desired) return false;
  // The cache has not seen our last apply yet; its event will bring the key back.
  if (compareResourceVersions(live.metadata.resourceVersion, last.resourceVersion) < 0) return true;
  return hashOf(project(live, desired)) === last.projection;
}

function outcomeOf(existing: KubeObject | undefined, object: KubeObject): ApplyResult['outcome'] {
  if (existing === undefined) return 'created';
  return existing.metadata.resourceVersion === object.metadata.resourceVersion ? 'unchanged' : 'changed';
}
