import { at, conditionsOf, type KubeObject } from './kube-object.js';
import type { Playground } from './real-cluster.js';

const LOOK_EVERY_MS = 100;

/** How few pods could answer at one moment. */
export interface Low {
  readonly ready: number;
  /** The revision that the Service pointed to. */
  readonly selector: string;
  readonly time: string;
}

/** Looks every 100 ms how many ready pods are behind a Service, as kube-proxy counts them: ready and not on their way out. */
export class ReadyPodsWatch {
  #lowest: Low | undefined;
  #stopped = false;
  readonly #done: Promise<void>;

  constructor(
    private readonly playground: Playground,
    private readonly service: string,
  ) {
    this.#done = this.#watch();
  }

  /** The fewest since the start. Throws when nobody has looked yet. */
  get lowest(): Low {
    if (this.#lowest === undefined) throw new Error('Nobody has looked at the ready pods yet');
    return this.#lowest;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async #watch(): Promise<void> {
    while (!this.#stopped) {
      const next = Date.now() + LOOK_EVERY_MS;
      const seen = await this.#look().catch(() => undefined);
      // A look that failed, as on a cut connection, says nothing about the pods.
      if (seen !== undefined && seen.ready < (this.#lowest?.ready ?? Infinity)) this.#lowest = seen;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - Date.now())));
    }
  }

  async #look(): Promise<Low> {
    const service = await this.playground.get('Service', this.service);
    const wanted = Object.entries(at(service, 'spec', 'selector') ?? {});
    const selector = wanted.map(([key, value]) => `${key}=${String(value)}`).join(',');
    const path = `${this.playground.path('Pod')}?labelSelector=${encodeURIComponent(selector)}`;
    const pods = await this.playground.cluster.list(path);
    return { ready: pods.filter(isReadyPod).length, selector, time: new Date().toISOString() };
  }
}

/** Whether a pod gets requests. */
export function isReadyPod(pod: KubeObject): boolean {
  return pod.metadata.deletionTimestamp === undefined && conditionsOf(pod)['Ready']?.status === 'True';
}
