import { labels, RolloutStatus } from '@churnops/crds';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from './cluster-access.js';
import { at, conditionsOf, type KubeObject, textAt } from './kube-object.js';
import { lakeModel, openLake } from './lake.js';
import { isReady } from './ready-model.js';
import { isReadyPod } from './ready-pods.js';
import { Playground, run } from './real-cluster.js';
import { repositoryRoot } from './repository-root.js';
import type { Load } from './service-calls.js';
import { until } from './until.js';

const root = repositoryRoot();

/** A rollout with default settings that no request feeds may take ten minutes. */
const PATIENCE_MS = 1_000_000;

/**
 * A canary that a busy machine gets through in under a minute, at 100 requests a second: short steps, and margins that
 * some hundred rows prove. A row may take a second, which only what is broken does.
 */
export const shortCanary = {
  shadowSamples: 50,
  steps: [
    { percent: 20, minSeconds: 5, maxSeconds: 15 },
    { percent: 50, minSeconds: 5 },
  ],
  analysis: {
    intervalSeconds: 2,
    failures: { failMargin: '0.001', passMargin: '0.05' },
    latency: { thresholdMilliseconds: 1_000, failMargin: '0.02', passMargin: '0.10' },
  },
  rollback: { bakeSeconds: 10 },
  progressDeadlineSeconds: 90,
} as const;

/** Puts the broken candidates of `e2e/faults/broken-serving` into the cluster. */
export async function breakImages(ways: readonly string[]): Promise<void> {
  const script = join(root, 'e2e', 'faults', 'broken-serving', 'images.sh');
  const { code, stdout, stderr } = await run(script, ways);
  if (code !== 0) throw new Error(`The broken candidates could not be made: ${stdout}${stderr}`);
}

export interface Rollback {
  readonly status: RolloutStatus;
  /** From the record of the decision until every pod that serves said that it sends nothing more to the candidate. */
  readonly milliseconds: number;
}

/** One model, `telco`, in a namespace of its own, and what becomes of its revisions. */
export class RolloutStory {
  private constructor(
    private readonly cluster: Cluster,
    readonly playground: Playground,
  ) {}

  /** A namespace with the table in reach, and no model yet. */
  static async begin(cluster: Cluster, name: string): Promise<RolloutStory> {
    return new RolloutStory(cluster, await Playground.open(cluster, name));
  }

  /** Resolves when the first revision serves. */
  static async open(cluster: Cluster, name: string, spec: object): Promise<RolloutStory> {
    const story = await RolloutStory.begin(cluster, name);
    await story.train(spec);
    return story;
  }

  /** Makes a small model, whose spec `spec` is added to, and waits until its first revision serves. */
  async train(spec: object): Promise<void> {
    const table = await readFile(join(root, 'e2e', 'samples', 'data', 'telco.csv'));
    await openLake(this.playground, { 'telco.csv': table });
    const model = lakeModel('telco', 'telco.csv', { entityKey: 'customer_id' });
    await this.playground.create('ChurnModel', { ...model, spec: { ...model.spec, ...spec } });
    await this.untilServes('telco-1');
  }

  /** Changes the spec, and returns the name of the revision that comes of it. */
  async change(spec: object): Promise<string> {
    const before = await this.newest();
    await this.patch(spec);
    return `telco-${await until(
      'the change has made a revision',
      async () => {
        const newest = await this.newest();
        return newest > before && newest;
      },
      () => this.model(),
    )}`;
  }

  /** Changes the spec where that makes no revision. */
  async patch(spec: object): Promise<void> {
    await this.cluster.patch(this.playground.path('ChurnModel', 'telco'), { spec });
  }

  /** Makes a candidate of the serving image that is broken in this way. */
  async breakWith(way: string): Promise<string> {
    const current = textAt(await this.model(), 'status', 'current', 'revision');
    const deployment = await this.playground.get('Deployment', current);
    const image = textAt(deployment, 'spec', 'template', 'spec', 'containers', 0, 'image');
    return this.change({ serving: { image: image.replace(/:[^:/]*$/, `:broken-${way}`) } });
  }

  model(): Promise<KubeObject> {
    return this.playground.get('ChurnModel', 'telco');
  }

  async untilServes(revision: string): Promise<void> {
    await until(
      `${revision} serves`,
      async () => isReady(await this.model(), revision),
      () => this.model(),
    );
  }

  /** Where a rollout is; undefined before its first record. */
  async rolloutOf(revision: string): Promise<RolloutStatus | undefined> {
    const found = await this.playground.find('ChurnModelRevision', revision);
    return RolloutStatus.optional().parse(at(found, 'status', 'rollout'));
  }

  /** Waits until a rollout has come to its end, whichever it is. */
  untilOver(revision: string): Promise<RolloutStatus> {
    return this.untilStage(revision, ['Complete', 'RolledBack']);
  }

  /** Waits until a candidate is rolled back, and then until no pod sends rows to it. */
  async untilRolledBack(revision: string): Promise<Rollback> {
    const status = await this.untilOver(revision);
    if (status.stage !== 'RolledBack') {
      throw new Error(`${revision} was not rolled back: ${JSON.stringify(await this.look(revision))}`);
    }
    const recorded = Date.parse(status.endTime ?? '');
    await until(
      `no pod sends rows to ${revision}`,
      async () => (await this.shares(status.previousRevision ?? '')).every((share) => share === 0),
      () => this.look(revision),
    );
    return { status, milliseconds: Date.now() - recorded };
  }

  /** Waits for a stage that the settings of the rollout hold. */
  async untilStage(revision: string, stages: readonly string[]): Promise<RolloutStatus> {
    return until(
      `the rollout of ${revision} is at ${stages.join(' or ')}`,
      async () => {
        const status = await this.rolloutOf(revision);
        return status !== undefined && stages.includes(status.stage) && status;
      },
      () => this.look(revision),
      PATIENCE_MS,
    );
  }

  /** Waits until no pod of a revision is left. */
  async untilGone(revision: string): Promise<void> {
    await until(
      `${revision} has no pods`,
      async () => (await this.podsOf(revision)).length === 0,
      () => this.podsOf(revision),
    );
  }

  /** Waits until a load has sent some hundred requests more. */
  async untilMore(load: Load): Promise<void> {
    const sent = async () => (await load.sofar())?.sent ?? 0;
    const before = await sent();
    await until('more was sent', async () => (await sent()) > before + 500, sent);
  }

  /** Makes a candidate with an artifact of its own, and holds it in its first step. */
  async changeArtifact(): Promise<string> {
    await this.patch({ rollout: { steps: [{ percent: 20, minSeconds: 3_600 }] } });
    const revision = await this.change({ serving: { image: '' }, training: { seed: 7 } });
    await this.untilStage(revision, ['Canary']);
    return revision;
  }

  /** Deletes the artifact of a revision and its pods: those that come instead find nothing. */
  async loseArtifact(revision: string): Promise<void> {
    const { playground } = this;
    const name = textAt(await playground.get('ChurnModelRevision', revision), 'status', 'artifact', 'configMap');
    await this.cluster.remove(playground.path('ConfigMap', name));
    for (const { metadata } of await this.podsOf(revision))
      await this.cluster.remove(playground.path('Pod', metadata.name));
  }

  /** The share of the candidate that each pod of a revision acts on, in percent, as its metrics page says. */
  private async shares(revision: string): Promise<number[]> {
    const pods = (await this.podsOf(revision)).filter(isReadyPod);
    return Promise.all(
      pods.map(async ({ metadata }) => {
        const path = `${this.playground.path('Pod', `${metadata.name}:9090`)}/proxy/metrics`;
        const { text } = await this.cluster.raw('GET', path, undefined, {});
        return Number(/^churnops_routing_info{[^}]*percent="(\d+)"[^}]*} 1$/m.exec(text)?.[1] ?? NaN);
      }),
    );
  }

  async podsOf(revision: string): Promise<KubeObject[]> {
    const pods = await this.playground.list('Pod');
    return pods.filter(
      ({ metadata }) =>
        metadata.labels?.[labels.revision] === revision && metadata.ownerReferences?.[0]?.kind === 'ReplicaSet',
    );
  }

  /** What people read about the model: the wide table, the events, and the conditions of a revision. */
  async reading(revision: string): Promise<{ wide: string; events: string; promoted: string }> {
    const { Promoted } = conditionsOf(await this.playground.get('ChurnModelRevision', revision));
    const events = await this.playground.list('Event');
    return {
      wide: await this.playground.kubectl('get', 'churn', 'telco', '-o', 'wide'),
      events: events.map((event) => `${textAt(event, 'reason')}: ${textAt(event, 'note')}`).join('\n'),
      promoted: `${Promoted?.status ?? ''} ${Promoted?.reason ?? ''}: ${Promoted?.message ?? ''}`,
    };
  }

  private async newest(): Promise<number> {
    const revisions = await this.playground.list('ChurnModelRevision');
    return Math.max(0, ...revisions.map((revision) => Number(at(revision, 'spec', 'number'))));
  }

  private async look(revision: string): Promise<unknown> {
    const rollout = Object.entries((await this.rolloutOf(revision)) ?? {}).filter(([field]) => field !== 'evidence');
    return { rollout: Object.fromEntries(rollout), conditions: conditionsOf(await this.model()) };
  }
}
