import { API_VERSION } from '@churnops/crds';
import { type Clock, createClusterClient, loadKubeConfig, startOperator } from '@churnops/operator';
import { readFile } from 'node:fs/promises';
import { applyCrds } from './apply-crds.js';
import { accessOf, ApiFailure, Cluster } from './cluster-access.js';
import { type ControlPlane, startControlPlane } from './control-plane.js';
import { crashingClient, type Death, type Life } from '../faults/crashing-client.js';
import { statusFlaws } from './kstatus.js';
import { at, collectionOf, conditionsOf, type Kind, type KubeObject, pathOf } from './kube-object.js';
import { LabClock } from './lab-clock.js';
import { isObserved, isReady } from './ready-model.js';
import { PlayedKubelet, type Script } from './played-kubelet.js';
import { until } from './until.js';

/**
 * The model that the lab's stories are about; `spec.data` is never read, since trainings are played. Revisions take over at once:
 * a canary is a story of its own, and needs pods that count.
 */
function sampleModel(spec: object = {}, name = 'telco') {
  const data = { uri: 's3://lake/telco.csv', label: 'churn', positiveLabel: 'Yes' };
  return {
    apiVersion: API_VERSION,
    kind: 'ChurnModel',
    metadata: { name },
    spec: { data, rollout: { strategy: 'Immediate' }, ...spec },
  };
}

const LEASE = 'churnops-operator';

type NamespacedKind = Exclude<Kind, 'Namespace'>;

/** A namespace of its own, and what tests do and see in it. */
export class Story {
  constructor(
    readonly lab: OperatorLab,
    readonly namespace: string,
  ) {}

  path(kind: NamespacedKind, name?: string): string {
    return pathOf(kind, this.namespace, name);
  }

  create(kind: NamespacedKind, object: object): Promise<KubeObject> {
    return this.lab.cluster.create(this.path(kind), object);
  }

  get(kind: NamespacedKind, name: string): Promise<KubeObject> {
    return this.lab.cluster.get(this.path(kind, name));
  }

  find(kind: NamespacedKind, name: string): Promise<KubeObject | undefined> {
    return this.lab.cluster.find(this.path(kind, name));
  }

  list(kind: NamespacedKind): Promise<KubeObject[]> {
    return this.lab.cluster.list(this.path(kind));
  }

  async names(kind: NamespacedKind): Promise<string[]> {
    return (await this.list(kind)).map(({ metadata }) => metadata.name).sort();
  }

  remove(kind: NamespacedKind, name: string): Promise<void> {
    return this.lab.cluster.remove(this.path(kind, name));
  }

  patch(kind: NamespacedKind, name: string, change: object): Promise<KubeObject> {
    return this.lab.cluster.patch(this.path(kind, name), change);
  }

  direct(script: Partial<Script>): void {
    this.lab.kubelet.direct(this.namespace, script);
  }

  /** Creates the sample model, once the namespace has what pods need. */
  async begin(spec: object = {}, name = 'telco'): Promise<void> {
    await this.create('ChurnModel', sampleModel(spec, name));
  }

  /** Makes the operator look at the model again, as any change would. */
  async poke(name = 'telco'): Promise<void> {
    await this.patch('ChurnModel', name, { metadata: { annotations: { 'example.com/poke': String(Math.random()) } } });
  }

  /** Waits until the model's state is as wanted; on failure its generation and its status are shown. */
  untilModel(sentence: string, wanted: (model: KubeObject) => boolean, name = 'telco'): Promise<KubeObject> {
    return until(
      `${name} ${sentence}`,
      async () => {
        const model = await this.get('ChurnModel', name);
        return wanted(model) && model;
      },
      async () => {
        const model = await this.find('ChurnModel', name);
        return [model?.metadata.generation, at(model, 'status')];
      },
    );
  }

  /** Waits until this generation of the model is Ready, by the rules of kstatus readers: observed, and Ready is True. */
  untilReady(revision = 'telco-1', name = 'telco'): Promise<KubeObject> {
    return this.untilModel(`is Ready with ${revision}`, (model) => isReady(model, revision), name);
  }

  /** Waits until a condition has this status and reason for the current generation. */
  untilCondition(type: string, status: string, reason: string): Promise<KubeObject> {
    return this.untilModel(`has ${type}=${status} (${reason})`, (model) => {
      const condition = conditionsOf(model)[type];
      return isObserved(model) && condition?.status === status && condition.reason === reason;
    });
  }

  /** Every state of a model that any watcher could see, in order. */
  history(name = 'telco'): readonly KubeObject[] {
    return this.lab.seen.filter(({ metadata }) => metadata.namespace === this.namespace && metadata.name === name);
  }

  /** What was wrong with any status ever written here. */
  flaws(): string[] {
    return this.lab.seen
      .filter(({ metadata }) => metadata.namespace === this.namespace)
      .flatMap((model) => statusFlaws(model).map((flaw) => `${flaw}: ${JSON.stringify(at(model, 'status'))}`));
  }
}

export interface RunningOperator {
  readonly life: Life;
  stop(): Promise<void>;
}

export interface OperatorOptions {
  /** Look at this namespace only, and keep the Lease there. */
  readonly namespace?: string;
  readonly death?: Death;
  readonly clock?: Clock;
  /** Name of the Lease: operators with different ones all lead. */
  readonly lease?: string;
  /** Tag of the images that this operator's release comes with. */
  readonly version?: string;
}

/** One control plane with the CRDs, a player for pods, and operators that run in this process. */
export class OperatorLab {
  readonly clock = new LabClock();
  readonly seen: KubeObject[] = [];
  readonly #operators = new Set<RunningOperator>();
  readonly #stopped = new AbortController();
  #recorder: Promise<void> = Promise.resolve();
  #stories = 0;
  #started = 0;

  private constructor(
    readonly controlPlane: ControlPlane,
    readonly cluster: Cluster,
    readonly kubelet: PlayedKubelet,
  ) {}

  /** `seed`: fills the cluster before any controller looks at it, instead of just bringing the CRDs. */
  static async start(seed?: (controlPlane: ControlPlane) => Promise<void>): Promise<OperatorLab> {
    const controlPlane = await startControlPlane({ controllerManager: seed === undefined });
    const cluster = new Cluster(accessOf(await readFile(controlPlane.kubeconfig, 'utf8')));
    await (seed ?? applyCrds)(controlPlane);
    if (seed !== undefined) await controlPlane.startControllerManager();
    const lab = new OperatorLab(controlPlane, cluster, new PlayedKubelet(cluster));
    lab.kubelet.start();
    lab.#recorder = lab.#record();
    return lab;
  }

  async story(): Promise<Story> {
    this.#stories += 1;
    const namespace = `story-${this.#stories}`;
    await this.cluster.create(collectionOf('Namespace'), { metadata: { name: namespace } });
    const story = new Story(this, namespace);
    await until(`${namespace} has its ServiceAccount`, () => story.find('ServiceAccount', 'default'));
    return story;
  }

  /** Starts an operator in this process, and waits for nothing. */
  async startOperator(options: OperatorOptions = {}): Promise<RunningOperator> {
    const { client, life } = crashingClient(
      await createClusterClient(loadKubeConfig(this.controlPlane.kubeconfig)),
      options.death,
    );
    this.#started += 1;
    const operator = await startOperator(
      {
        namespaces: options.namespace === undefined ? [] : [options.namespace],
        operatorNamespace: 'churnops-system',
        scrapeNamespaces: ['monitoring'],
        trainerImage: `churnops/trainer:${options.version ?? '0.1.0'}`,
        servingImage: `churnops/serving:${options.version ?? '0.1.0'}`,
        concurrency: 4,
        lease: {
          namespace: options.namespace ?? 'default',
          name: options.lease ?? LEASE,
          identity: `operator-${this.#started}`,
        },
        port: 0,
        logLevel: 'silent',
        kubeconfig: undefined,
      },
      client,
      options.clock ?? this.clock,
    );
    const running: RunningOperator = {
      life,
      stop: async () => {
        this.#operators.delete(running);
        // One that was killed ends by the error that it was killed with.
        await operator.stop().catch((error: unknown) => {
          if (!life.dead) throw error;
        });
        await client.close();
      },
    };
    this.#operators.add(running);
    return running;
  }

  async stopOperators(): Promise<void> {
    await Promise.all([...this.#operators].map((operator) => operator.stop()));
  }

  /** A dead operator's Lease runs out after 15 s; this is that moment. */
  async expireLease(namespace: string, lease = LEASE): Promise<void> {
    await this.cluster.remove(pathOf('Lease', namespace, lease));
  }

  /** Deletes a story's namespace in the background, when nobody will look at it again. */
  async forget(story: Story): Promise<void> {
    await this.cluster.remove(`${collectionOf('Namespace')}/${story.namespace}`);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#operators].map((operator) => operator.stop()));
    this.#stopped.abort();
    await Promise.all([this.kubelet.stop(), this.#recorder]);
    await this.cluster.close();
    await this.controlPlane.stop();
  }

  /** Keeps every version of every ChurnModel that a watch shows. */
  async #record(): Promise<void> {
    const models = collectionOf('ChurnModel');
    let since: string | undefined;
    while (!this.#stopped.signal.aborted) {
      try {
        since ??= (await this.cluster.listWithVersion(models)).resourceVersion;
        for await (const { object } of this.cluster.watch(models, since, this.#stopped.signal)) {
          this.seen.push(object);
          since = object.metadata.resourceVersion;
        }
      } catch (error) {
        // A restarted API server knows nothing from before its start: without a new list this would ask for it for ever.
        if (error instanceof ApiFailure && error.status === 410) since = undefined;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    }
  }
}
