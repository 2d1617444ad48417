import type { ClusterClient, ResourceKind } from '@churnops/operator';

/** When the operator dies: before or after its n-th write (from 1). Lease renewals and events are not counted: they come by time. */
export interface Death {
  readonly moment: 'before' | 'after';
  readonly write: number;
}

/** What a wrapped client saw. */
export interface Life {
  /** Counted writes so far, in words, as `create Job`. */
  readonly writes: readonly string[];
  readonly dead: boolean;
  /** Resolves at the death. */
  readonly died: Promise<void>;
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

  async read<T>(call: () => Promise<T>): Promise<T> {
    this.#mustLive();
    const answer = await call();
    this.#mustLive();
    return answer;
  }

  async write<T>(verb: string, kind: ResourceKind, call: () => Promise<T>): Promise<T> {
    this.#mustLive();
    const moment = this.#count(verb, kind);
    if (moment === 'before') this.#die();
    const answer = await call();
    if (moment === 'after') this.#die();
    this.#mustLive();
    return answer;
  }

  #count(verb: string, kind: ResourceKind): Death['moment'] | undefined {
    if (notCounted.includes(kind.kind)) return undefined;
    this.writes.push(`${verb} ${kind.kind}`);
    return this.death?.write === this.writes.length ? this.death.moment : undefined;
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
    create: (kind, object, options) => fate.write('create', kind, () => client.create(kind, object, options)),
    apply: (kind, object, options) => fate.write('apply', kind, () => client.apply(kind, object, options)),
    applyStatus: (kind, object, options) =>
      fate.write('apply the status of', kind, () => client.applyStatus(kind, object, options)),
    mergePatch: (kind, key, patch, options) =>
      fate.write('patch', kind, () => client.mergePatch(kind, key, patch, options)),
    replace: (kind, object, options) => fate.write('replace', kind, () => client.replace(kind, object, options)),
    updateStatus: (kind, object, options) =>
      fate.write('update the status of', kind, () => client.updateStatus(kind, object, options)),
    setScale: (kind, key, replicas, options) =>
      fate.write('scale', kind, () => client.setScale(kind, key, replicas, options)),
    delete: (kind, key, options) => fate.write('delete', kind, () => client.delete(kind, key, options)),
    close: () => client.close(),
  };
  return { client: wrapped, life: fate };
}
