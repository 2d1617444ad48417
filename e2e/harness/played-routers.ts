import { annotations, labels, ports } from '@churnops/crds';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Cluster } from './cluster-access.js';
import { collectionOf, type KubeObject, textAt } from './kube-object.js';
import { PlayedRouter, type Traffic } from './played-router.js';

const ADDRESSES_TRIED = 50;

/** A played pod, and what it answers with. */
interface Listening {
  readonly namespace: string;
  readonly router: PlayedRouter;
  readonly address: string;
  readonly server: Server;
}

/**
 * Gives played serving pods what the operator reads of them: an address and a page of metrics there. Linux answers on every address
 * of 127.0.0.0/8, so each pod has one of its own with the real port.
 */
export class PlayedRouters {
  readonly #stopped = new AbortController();
  readonly #pods = new Map<string, Promise<Listening>>();
  readonly #listening = new Map<string, Listening>();
  /** By namespace and model: the revision that the Service selects. */
  readonly #selected = new Map<string, string>();
  #loop: Promise<void> = Promise.resolve();
  /** Tests beside this one take other addresses. */
  #next = Math.floor(Math.random() * 0xff_00_00);

  constructor(
    readonly cluster: Cluster,
    /** What the users of a namespace do now; undefined: pods there have no address. */
    readonly trafficOf: (namespace: string) => Traffic | undefined,
  ) {}

  start(): void {
    this.#loop = this.#followServices();
  }

  /** The address of a pod, whose page is there from now on. */
  async open(pod: KubeObject): Promise<string> {
    const { uid = '' } = pod.metadata;
    const opened = this.#pods.get(uid) ?? this.#open(pod);
    this.#pods.set(uid, opened);
    return (await opened).address;
  }

  /** A pod as the watch shows it. */
  see(pod: KubeObject): void {
    const listening = this.#listening.get(pod.metadata.uid ?? '');
    if (listening === undefined) return;
    this.#settle(listening);
    listening.router.follow(pod.metadata.annotations?.[annotations.routing] ?? '');
  }

  /** A pod is gone. */
  async close(uid: string): Promise<void> {
    const opened = this.#pods.get(uid);
    this.#pods.delete(uid);
    if (opened === undefined) return;
    const { server } = await opened;
    this.#listening.delete(uid);
    server.closeAllConnections();
    server.close();
  }

  /** Counts what came until now, before the traffic of a namespace changes. */
  settle(namespace: string): void {
    for (const listening of this.#listening.values()) {
      if (listening.namespace === namespace) this.#settle(listening);
    }
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all([this.#loop, ...[...this.#pods.keys()].map((uid) => this.close(uid))]);
  }

  async #open(pod: KubeObject): Promise<Listening> {
    const { name, namespace = '', uid = '', labels: marks = {} } = pod.metadata;
    const identity = { pod: name, model: marks[labels.model] ?? '', revision: marks[labels.revision] ?? '' };
    const router = new PlayedRouter(identity);
    const server = createServer((_, response) => {
      this.settle(namespace);
      const pageless = this.trafficOf(namespace)?.conduct(identity.revision).pageless ?? false;
      response.writeHead(pageless ? 500 : 200, { 'content-type': 'text/plain; version=0.0.4' });
      response.end(pageless ? '' : router.text());
    });
    const listening = { namespace, router, server, address: await this.#listen(server) };
    router.follow(pod.metadata.annotations?.[annotations.routing] ?? '');
    this.#listening.set(uid, listening);
    return listening;
  }

  async #listen(server: Server): Promise<string> {
    for (let tried = 1; ; tried += 1) {
      const address = this.#nextAddress();
      try {
        server.listen(ports.metrics.number, address);
        await once(server, 'listening');
        return address;
      } catch (error) {
        if (tried === ADDRESSES_TRIED) throw error;
      }
    }
  }

  /** From 127.1.0.1 on, without those that end in 0 or 255. */
  #nextAddress(): string {
    this.#next += 1;
    const number = this.#next % (254 * 256 * 254);
    const host = 1 + (number % 254);
    const rest = Math.floor(number / 254);
    return `127.${1 + Math.floor(rest / 256)}.${rest % 256}.${host}`;
  }

  #settle({ namespace, router }: Listening): void {
    const traffic = this.trafficOf(namespace);
    if (traffic === undefined) return;
    const { model, revision } = router.identity;
    router.settle(traffic, this.#selected.get(`${namespace}/${model}`) === revision);
  }

  async #followServices(): Promise<void> {
    const services = collectionOf('Service');
    while (!this.#stopped.signal.aborted) {
      try {
        const { items, resourceVersion } = await this.cluster.listWithVersion(services);
        for (const service of items) this.#select(service);
        for await (const { object } of this.cluster.watch(services, resourceVersion, this.#stopped.signal)) {
          this.#select(object);
        }
      } catch {
        // The API server may be restarted by a test.
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    }
  }

  #select(service: KubeObject): void {
    const { name, namespace = '' } = service.metadata;
    this.settle(namespace);
    this.#selected.set(`${namespace}/${name}`, textAt(service, 'spec', 'selector', labels.revision));
  }
}
