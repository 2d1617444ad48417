import { labels, type TrainingFailure, trainingEnvironment, TrainingInput } from '@churnops/crds';
import { z } from 'zod';
import { ApiFailure, type Cluster, type WatchedObject } from './cluster-access.js';
import { at, collectionOf, type KubeObject, pathOf, textAt } from './kube-object.js';
import type { Traffic } from './played-router.js';
import { PlayedRouters } from './played-routers.js';
import { type Outcome, publication } from './small-artifact.js';

/** What a training pod does. `hold` runs until the script changes. */
export type TrainingPlay =
  | ({ readonly kind: 'succeed' } & Outcome)
  | { readonly kind: 'fail'; readonly exitCode: number; readonly message: TrainingFailure | string }
  | { readonly kind: 'waiting'; readonly reason: string; readonly message: string }
  | { readonly kind: 'hold' };

/** What a serving pod does. `hold` runs without ever being ready, until the script changes; `leave`: another one plays it. */
export type ServingPlay =
  | { readonly kind: 'ready' }
  | { readonly kind: 'leave' }
  | { readonly kind: 'waiting'; readonly reason: string; readonly message: string }
  | { readonly kind: 'hold' };

/** Directions for the pods of one namespace. */
export interface Script {
  readonly training: (pod: KubeObject) => TrainingPlay;
  readonly serving: (pod: KubeObject) => ServingPlay;
  /** What users do: pods that are ready then have addresses, and metrics there. To be given before the first of them is made. */
  readonly traffic?: Traffic;
}

/** Everything goes well. */
export const goesWell: Script = { training: () => ({ kind: 'succeed' }), serving: () => ({ kind: 'ready' }) };

const Containers = z
  .array(
    z.looseObject({
      name: z.string(),
      image: z.string(),
      env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).optional(),
    }),
  )
  .min(1);

function firstContainer(pod: KubeObject) {
  return Containers.parse(at(pod, 'spec', 'containers'))[0]!;
}

function environmentOf(pod: KubeObject): Record<string, string> {
  return Object.fromEntries((firstContainer(pod).env ?? []).map(({ name, value }) => [name, value ?? '']));
}

type ContainerState =
  | { running: { startedAt: string } }
  | { waiting: { reason: string; message: string } }
  | { terminated: { exitCode: number; reason: string; message: string; startedAt: string; finishedAt: string } };

function statusOf(pod: KubeObject, phase: string, ready: boolean, state: ContainerState): object {
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const { name, image } = firstContainer(pod);
  const condition = (type: string, value: boolean) => ({
    type,
    status: value ? 'True' : 'False',
    lastTransitionTime: now,
  });
  return {
    phase,
    startTime: now,
    conditions: [
      condition('Initialized', true),
      condition('PodScheduled', true),
      condition('ContainersReady', ready),
      condition('Ready', ready),
    ],
    containerStatuses: [{ name, image, imageID: '', ready, started: ready, restartCount: 0, state, lastState: {} }],
  };
}

function terminated(exitCode: number, message: string): ContainerState {
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  return {
    terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', message, startedAt: now, finishedAt: now },
  };
}

/**
 * Plays what a node does for the pods that the real controllers make: starts them, makes them ready, lets a training publish a
 * small artifact or fail. Pods are never bound to a node, so that deleting one needs no kubelet either.
 */
export class PlayedKubelet {
  readonly #stopped = new AbortController();
  readonly #scripts = new Map<string, Script>();
  readonly #pods = new Map<string, KubeObject>();
  /** By uid of the pod: what it does now, or undefined once it has ended. */
  readonly #playing = new Map<string, string>();
  readonly #routers: PlayedRouters;
  #loop: Promise<void> = Promise.resolve();

  constructor(readonly cluster: Cluster) {
    this.#routers = new PlayedRouters(cluster, (namespace) => this.#scripts.get(namespace)?.traffic);
  }

  start(): void {
    this.#routers.start();
    this.#loop = this.#follow();
  }

  /** Changes what the pods of a namespace do, those that wait or hold now included. */
  direct(namespace: string, script: Partial<Script>): void {
    this.#routers.settle(namespace);
    this.#scripts.set(namespace, { ...goesWell, ...this.#scripts.get(namespace), ...script });
    for (const pod of this.#pods.values()) {
      if (pod.metadata.namespace === namespace) this.#consider(pod);
    }
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all([this.#loop, this.#routers.stop()]);
  }

  async #follow(): Promise<void> {
    const pods = collectionOf('Pod');
    while (!this.#stopped.signal.aborted) {
      try {
        const { items, resourceVersion } = await this.cluster.listWithVersion(pods);
        this.#forgetAllBut(items);
        for (const pod of items) this.#see(pod);
        for await (const event of this.cluster.watch(pods, resourceVersion, this.#stopped.signal)) this.#notice(event);
      } catch {
        // The API server may be restarted by a test: list again, as a kubelet would.
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    }
  }

  #notice({ type, object }: WatchedObject): void {
    if (type === 'DELETED') this.#forget(object.metadata.uid ?? '');
    else this.#see(object);
  }

  /** Pods may have gone while no watch told. */
  #forgetAllBut(pods: readonly KubeObject[]): void {
    const alive = new Set(pods.map(({ metadata }) => metadata.uid));
    for (const uid of this.#pods.keys()) if (!alive.has(uid)) this.#forget(uid);
  }

  #forget(uid: string): void {
    this.#pods.delete(uid);
    void this.#routers.close(uid);
  }

  #see(pod: KubeObject): void {
    this.#pods.set(pod.metadata.uid ?? '', pod);
    this.#routers.see(pod);
    this.#consider(pod);
  }

  #consider(pod: KubeObject): void {
    const { uid = '' } = pod.metadata;
    const play = hasEnded(pod) ? undefined : this.#partOf(pod);
    if (play === undefined || this.#playing.get(uid) === JSON.stringify(play)) return;
    this.#playing.set(uid, JSON.stringify(play));
    void this.#play(pod, play).catch((error: unknown) => {
      this.#playing.delete(uid);
      // The pod is gone, or newer than we saw it: then its event comes.
      if (error instanceof ApiFailure && [404, 409].includes(error.status)) return;
      this.#retryLater(uid);
    });
  }

  #partOf(pod: KubeObject): TrainingPlay | ServingPlay | undefined {
    const script = this.#scripts.get(pod.metadata.namespace ?? '') ?? goesWell;
    const owner = pod.metadata.ownerReferences?.[0]?.kind;
    if (owner === 'Job') return script.training(pod);
    return owner === 'ReplicaSet' ? script.serving(pod) : undefined;
  }

  #retryLater(uid: string): void {
    if (this.#stopped.signal.aborted) return;
    setTimeout(() => {
      this.#retry(uid);
    }, 500).unref();
  }

  #retry(uid: string): void {
    const pod = this.#pods.get(uid);
    if (pod !== undefined) this.#consider(pod);
  }

  async #play(pod: KubeObject, play: TrainingPlay | ServingPlay): Promise<void> {
    const running = { running: { startedAt: new Date().toISOString().replace(/\.\d+Z$/, 'Z') } };
    switch (play.kind) {
      case 'leave':
        return;
      case 'ready':
        return this.#report(pod, { ...statusOf(pod, 'Running', true, running), ...(await this.#addressOf(pod)) });
      case 'hold':
        return this.#report(pod, statusOf(pod, 'Running', false, running));
      case 'waiting':
        return this.#report(
          pod,
          statusOf(pod, 'Pending', false, { waiting: { reason: play.reason, message: play.message } }),
        );
      case 'fail': {
        const message = typeof play.message === 'string' ? play.message : JSON.stringify(play.message);
        return this.#report(pod, statusOf(pod, 'Failed', false, terminated(play.exitCode, message)));
      }
      case 'succeed':
        await this.#publish(pod, play);
        return this.#report(pod, statusOf(pod, 'Succeeded', false, terminated(0, '')));
    }
  }

  async #addressOf(pod: KubeObject): Promise<object> {
    if (this.#scripts.get(pod.metadata.namespace ?? '')?.traffic === undefined) return {};
    const ip = await this.#routers.open(pod);
    return { podIP: ip, podIPs: [{ ip }] };
  }

  async #publish(pod: KubeObject, outcome: Outcome): Promise<void> {
    const environment = environmentOf(pod);
    const name = environment[trainingEnvironment.configMap];
    // A pod that removes artifacts from their bucket publishes none.
    if (name === undefined) return;
    const input = TrainingInput.parse(JSON.parse(environment[trainingEnvironment.input] ?? '{}'));
    const path = pathOf('ConfigMap', pod.metadata.namespace ?? '', name);
    // A trainer whose pod was replaced finds its work done and ends well.
    if (at(await this.cluster.get(path), 'immutable') !== true)
      await this.cluster.patch(path, publication(input, outcome));
  }

  async #report(pod: KubeObject, status: object): Promise<void> {
    const path = pathOf('Pod', pod.metadata.namespace ?? '', pod.metadata.name);
    await this.cluster.patch(`${path}/status`, { status });
  }
}

function hasEnded(pod: KubeObject): boolean {
  const phase = textAt(pod, 'status', 'phase');
  return pod.metadata.deletionTimestamp !== undefined || ['Succeeded', 'Failed'].includes(phase);
}

/** The revision that a pod belongs to. */
export function revisionOf(pod: KubeObject): string {
  return pod.metadata.labels?.[labels.revision] ?? '';
}
