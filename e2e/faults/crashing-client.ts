import type { ClusterClient, ResourceKind } from '@churnops/operator';

/**
 * When the operator dies: before or after its n-th write (from 1), or `late`: that write is still on its way at the death, and arrives
 * when the test wants it to. Lease renewals and events are not counted: they come by time.
 */
export interface Death {
  readonly moment: 'before' | 'after' | 'late';
  readonly write: number;
  /** Only writes like this one count, as `create Job`. Default: all. */
  readonly of?: string;
}

/** What a wrapped client saw. */
export interface Life {
  /** Counted writes so far, in words, as `create Job`. */
  readonly writes: readonly string[];
  readonly dead: boolean;
  /** Resolves at the death. */
  readonly died: Promise<void>;
  /** Brings a write that was late to the API server; false when it is refused there. */
  arrive(): Promise<boolean>;
}

/** Options of a call that can be given up. */
interface Recallable {
  readonly signal?: AbortSignal | undefined;
}

const notCounted = ['Lease', 'Event'];

class OperatorIsDead extends Error {
  override readonly name = 'OperatorIsDead';
}

/** The one life of an operator: counts what it writes, and ends it. */
class Fate implements Life {
  readonly writes: string[] = [];
  dead = false;
  readonly died: Promise<void>;
  readonly #abort = new AbortController();
  #late: () => Promise<unknown> = () => Promise.resolve();

  constructor(readonly death: Death | undefined) {
    this.died = new Promise((resolve) => {
      this.#abort.signal.addEventListener('abort', () => {
        resolve();
      });
    });
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  async arrive(): Promise<boolean> {
    return this.#late().then(
      () => true,
      () => false,
    );
  }

  async read<T>(call: () => Promise<T>): Promise<T> {
    this.#mustLive();
    const answer = await call();
    this.#mustLive();
    return answer;
  }

  async write<T, O extends Recallable>(
    { verb, kind, options }: { readonly verb: string; readonly kind: ResourceKind; readonly options: O },
    call: (options: O) => Promise<T>,
  ): Promise<T> {
    this.#mustLive();
    const moment = this.#count(verb, kind);
    // No signal of the dead calls back what is on its way.
    if (moment === 'late') this.#late = () => call({ ...options, signal: undefined });
    if (moment === 'late' || moment === 'before') this.#die();
    const answer = await call(options);
    if (moment === 'after') this.#die();
    this.#mustLive();
    return answer;
  }

  #count(verb: string, kind: ResourceKind): Death['moment'] | undefined {
    if (notCounted.includes(kind.kind)) return undefined;
    const write = `${verb} ${kind.kind}`;
    this.writes.push(write);
    const { of = write, moment, write: due } = this.death ?? {};
    const counted = this.death?.of === undefined ? this.writes : this.writes.filter((one) => one === of);
    return of === write && counted.length === due ? moment : undefined;
  }

  #die(): never {
    this.dead = true;
    this.#abort.abort();
    throw new OperatorIsDead('This operator was killed by a test');
  }

  #mustLive(): void {
    if (this.dead) throw new OperatorIsDead('This operator was killed by a test');
  }
}

/**
 * A client that counts what its operator writes, and dies at a chosen write: from then on every call throws and every watch
 * ends, as if the process were gone.
 */
export function crashingClient(client: ClusterClient, death?: Death): { client: ClusterClient; life: Life } {
  const fate = new Fate(death);
  const wrapped: ClusterClient = {
    get: (kind, key, options) => fate.read(() => client.get(kind, key, options)),
    getMetadata: (kind, key, options) => fate.read(() => client.getMetadata(kind, key, options)),
    getScale: (kind, key, options) => fate.read(() => client.getScale(kind, key, options)),
    list: (kind, options) => fate.read(() => client.list(kind, options)),
    async *watch(kind, options) {
      await fate.read(() => Promise.resolve());
      const signal = AbortSignal.any([options.signal, fate.signal]);
      for await (const event of client.watch(kind, { ...options, signal })) {
        await fate.read(() => Promise.resolve());
        yield event;
      }
    },
    create: (kind, object, options = {}) =>
      fate.write({ verb: 'create', kind, options }, (o) => client.create(kind, object, o)),
    apply: (kind, object, options) =>
      fate.write({ verb: 'apply', kind, options }, (o) => client.apply(kind, object, o)),
    applyStatus: (kind, object, options) =>
      fate.write({ verb: 'apply the status of', kind, options }, (o) => client.applyStatus(kind, object, o)),
    mergePatch: (kind, key, patch, options = {}) =>
      fate.write({ verb: 'patch', kind, options }, (o) => client.mergePatch(kind, key, patch, o)),
    replace: (kind, object, options = {}) =>
      fate.write({ verb: 'replace', kind, options }, (o) => client.replace(kind, object, o)),
    updateStatus: (kind, object, options = {}) =>
      fate.write({ verb: 'update the status of', kind, options }, (o) => client.updateStatus(kind, object, o)),
    setScale: (kind, key, replicas, options = {}) =>
      fate.write({ verb: 'scale', kind, options }, (o) => client.setScale(kind, key, replicas, o)),
    delete: (kind, key, options) => fate.write({ verb: 'delete', kind, options }, (o) => client.delete(kind, key, o)),
    close: () => client.close(),
  };
  return { client: wrapped, life: fate };
}
