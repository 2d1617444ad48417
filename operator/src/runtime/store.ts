import { compareResourceVersions, keyOf, keyText } from './kube-object.js';
import type { KubeObject, ObjectKey } from './kube-object.js';

/** What is different now. `old` is missing for a new object, `now` for a deleted one. */
export type Change =
  | { readonly old?: undefined; readonly now: KubeObject }
  | { readonly old: KubeObject; readonly now: KubeObject }
  | { readonly old: KubeObject; readonly now?: undefined };

/** The readable side of a store. Its objects are frozen: builders make new ones. */
export interface StoreView {
  get(key: ObjectKey): KubeObject | undefined;
  /** All objects, or those of one namespace. */
  list(namespace?: string): readonly KubeObject[];
  /** Objects with an ownerReference to this uid. */
  ownedBy(uid: string): readonly KubeObject[];
  /** Objects of one namespace (empty: of all) that carry this label with this value. */
  withLabel(name: string, value: string, namespace?: string): readonly KubeObject[];
  readonly size: number;
}

/** The local copy of one kind. It never goes back in time: an event that is older than what it holds is ignored. */
export class Store implements StoreView {
  readonly #objects = new Map<string, KubeObject>();
  readonly #byOwner = new Map<string, Set<string>>();
  readonly #byLabel = new Map<string, Set<string>>();

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): KubeObject | undefined {
    return this.#objects.get(keyText(key));
  }

  list(namespace = ''): readonly KubeObject[] {
    return inNamespace([...this.#objects.values()], namespace);
  }

  ownedBy(uid: string): readonly KubeObject[] {
    return this.#pick(this.#byOwner.get(uid));
  }

  withLabel(name: string, value: string, namespace = ''): readonly KubeObject[] {
    return inNamespace(this.#pick(this.#byLabel.get(`${name}=${value}`)), namespace);
  }

  /** Takes in an added or modified object. Undefined: nothing is new. */
  put(object: KubeObject): Change | undefined {
    const id = keyText(keyOf(object));
    const old = this.#objects.get(id);
    if (
      old !== undefined &&
      compareResourceVersions(object.metadata.resourceVersion, old.metadata.resourceVersion) <= 0
    ) {
      return undefined;
    }
    return this.#set(id, old, object);
  }

  /** Takes in a deletion, as the object was last seen. Undefined: it was not there, or a newer one has its name. */
  remove(object: KubeObject): Change | undefined {
    const id = keyText(keyOf(object));
    const old = this.#objects.get(id);
    if (old === undefined) return undefined;
    if (compareResourceVersions(object.metadata.resourceVersion, old.metadata.resourceVersion) < 0) return undefined;
    return this.#drop(id, old);
  }

  /**
   * Makes the content of one namespace (empty: of the whole store) equal to a fresh consistent list, and says what changed.
   * The list is the truth, whatever the store held.
   */
  replace(items: readonly KubeObject[], namespace = ''): readonly Change[] {
    const changes: Change[] = [];
    const listed = new Map(items.map((item) => [keyText(keyOf(item)), item]));
    for (const old of this.list(namespace)) {
      const id = keyText(keyOf(old));
      if (!listed.has(id)) changes.push(this.#drop(id, old));
    }
    for (const [id, item] of listed) {
      const old = this.#objects.get(id);
      if (old?.metadata.resourceVersion !== item.metadata.resourceVersion) changes.push(this.#set(id, old, item));
    }
    return changes;
  }

  #set(id: string, old: KubeObject | undefined, object: KubeObject): Change {
    if (old !== undefined) this.#unindex(id, old);
    const now = deepFreeze(object);
    this.#objects.set(id, now);
    for (const [index, entry] of this.#entriesOf(now)) {
      const ids = index.get(entry) ?? new Set();
      index.set(entry, ids.add(id));
    }
    return old === undefined ? { now } : { old, now };
  }

  #drop(id: string, old: KubeObject): Change {
    this.#unindex(id, old);
    this.#objects.delete(id);
    return { old };
  }

  #unindex(id: string, object: KubeObject): void {
    for (const [index, entry] of this.#entriesOf(object)) {
      const ids = index.get(entry);
      ids?.delete(id);
      if (ids?.size === 0) index.delete(entry);
    }
  }

  #entriesOf(object: KubeObject): [Map<string, Set<string>>, string][] {
    const owners = object.metadata.ownerReferences ?? [];
    const labels = Object.entries(object.metadata.labels ?? {});
    return [
      ...owners.map((owner): [Map<string, Set<string>>, string] => [this.#byOwner, owner.uid]),
      ...labels.map(([name, value]): [Map<string, Set<string>>, string] => [this.#byLabel, `${name}=${value}`]),
    ];
  }

  #pick(ids: ReadonlySet<string> | undefined): readonly KubeObject[] {
    return [...(ids ?? [])].flatMap((id) => this.#objects.get(id) ?? []);
  }
}

function inNamespace(objects: readonly KubeObject[], namespace: string): readonly KubeObject[] {
  return namespace === '' ? objects : objects.filter((object) => object.metadata.namespace === namespace);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
