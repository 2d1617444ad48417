import { annotations, ChurnModelRevisionStatus, labels, type RolloutStatus } from '@churnops/crds';
import { at, conditionsOf, type KubeObject, textAt } from './kube-object.js';
import type { OperatorLab, Story } from './operator-lab.js';
import { revisionOf } from './played-kubelet.js';
import type { Conduct, Traffic } from './played-router.js';
import { until } from './until.js';

/** A canary that live traffic of thousands of rows a second passes in some seconds. */
export const quickRollout = {
  strategy: 'Canary',
  shadowSamples: 100,
  replay: 'Never',
  steps: [
    { percent: 20, minSeconds: 1 },
    { percent: 50, minSeconds: 1 },
  ],
  analysis: { intervalSeconds: 1, failures: { passMargin: '0.02' }, latency: { passMargin: '0.05' } },
  rollback: { bakeSeconds: 3 },
} as const;

const DAY_SECONDS = 86_400;

/** The same in the time of the hasty clock: only evidence ends a step, and the bake takes some looks. */
export const hastyRollout = {
  ...quickRollout,
  steps: quickRollout.steps.map((step) => ({ ...step, maxSeconds: DAY_SECONDS })),
  rollback: { bakeSeconds: 90 },
  progressDeadlineSeconds: DAY_SECONDS,
};

/** The same with a bake that no test sees the end of. */
export const hastyLongBake = { ...hastyRollout, rollback: { bakeSeconds: DAY_SECONDS } };

/** How the pods of each revision answer; of those that are not named: well. */
export type Cast = Readonly<Record<string, Conduct>>;

const ROWS_PER_SECOND = 5_000;

export interface CanaryOptions {
  readonly rollout?: object;
  readonly cast?: Cast;
  /** Default: 5,000. */
  readonly rowsPerSecond?: number;
}

/** A story of one model whose second revision is rolled out beside the first. */
export class CanaryStory {
  #traffic: Traffic;

  private constructor(
    readonly story: Story,
    readonly rollout: object,
    { cast = {}, rowsPerSecond = ROWS_PER_SECOND }: CanaryOptions,
  ) {
    this.#traffic = { rowsPerSecond, conduct: (revision) => cast[revision] ?? {} };
    story.direct({ traffic: this.#traffic });
  }

  /** A model that `telco-1` serves; an operator must be running, or be started by `ready`. */
  static async begin(
    lab: OperatorLab,
    options: CanaryOptions = {},
    ready: (story: Story) => Promise<void> = () => Promise.resolve(),
  ): Promise<CanaryStory> {
    const story = await lab.story();
    const canary = new CanaryStory(story, { ...quickRollout, ...options.rollout }, options);
    await ready(story);
    await story.begin({ rollout: canary.rollout });
    await story.untilReady();
    return canary;
  }

  /** Changes how pods answer from now on. */
  cast(cast: Cast): void {
    this.#direct({ conduct: (revision) => cast[revision] ?? {} });
  }

  rowsPerSecond(rowsPerSecond: number): void {
    this.#direct({ rowsPerSecond });
  }

  /** Changes what training depends on, so that a new revision comes. */
  async change(seed = 7): Promise<void> {
    await this.spec({ training: { seed } });
  }

  async spec(change: object): Promise<void> {
    await this.story.patch('ChurnModel', 'telco', { spec: change });
  }

  async verdict(verdict: string, revision = 'telco-2'): Promise<void> {
    const metadata = { annotations: { [annotations.verdict]: verdict } };
    await this.story.patch('ChurnModelRevision', revision, { metadata });
  }

  /** Waits until the rollout of a revision is as wanted; on failure its whole status is shown. */
  untilRollout(sentence: string, wanted: (rollout: RolloutStatus) => boolean, revision = 'telco-2') {
    return until(
      `the rollout of ${revision} ${sentence}`,
      async () => {
        const rollout = rolloutOf(await this.story.get('ChurnModelRevision', revision));
        return rollout !== undefined && wanted(rollout) && rollout;
      },
      async () => [
        at(await this.story.find('ChurnModelRevision', revision), 'status', 'rollout'),
        await this.#status(),
      ],
    );
  }

  /** Waits until the rollout is over or held at a stage with a reason. */
  untilHeld(stage: RolloutStatus['stage'], reason: string, revision = 'telco-2'): Promise<RolloutStatus> {
    return this.untilRollout(
      `is held at ${stage} (${reason})`,
      (rollout) => rollout.stage === stage && rollout.reason === reason,
      revision,
    );
  }

  untilStage(stage: RolloutStatus['stage'], revision = 'telco-2'): Promise<RolloutStatus> {
    return this.untilRollout(`is ${stage}`, (rollout) => rollout.stage === stage, revision);
  }

  /** Waits until the Service selects this revision; pods of the one before may be there for a minute more. */
  async untilServes(revision: string): Promise<void> {
    await until(
      `${revision} serves`,
      async () =>
        (await this.selected()) === revision &&
        textAt(await this.story.get('ChurnModel', 'telco'), 'status', 'current', 'revision') === revision,
      () => this.#status(),
    );
  }

  /** Waits until only this revision has pods, and the Service selects it. */
  async untilOnly(revision: string): Promise<void> {
    await until(
      `only ${revision} is there`,
      async () => (await this.story.names('Deployment')).join() === revision && (await this.selected()) === revision,
      async () => [await this.story.names('Deployment'), await this.#status()],
    );
  }

  /** The revision that the Service selects. */
  async selected(): Promise<string> {
    return textAt(await this.story.get('Service', 'telco'), 'spec', 'selector', labels.revision);
  }

  /** The serving pods of a revision, by name. */
  async pods(revision: string): Promise<KubeObject[]> {
    const pods = (await this.story.list('Pod')).filter((pod) => revisionOf(pod) === revision);
    return pods.filter(({ metadata }) => metadata.ownerReferences?.[0]?.kind === 'ReplicaSet');
  }

  async podNames(revision: string): Promise<string[]> {
    return (await this.pods(revision)).map(({ metadata }) => metadata.name).toSorted();
  }

  /** The shares that the routers of a revision are told to give away, in percent. */
  async sharesTold(revision = 'telco-1'): Promise<number[]> {
    const told = (await this.pods(revision)).map(({ metadata }) => metadata.annotations?.[annotations.routing]);
    return told.map((text) => Number(at(JSON.parse(text ?? '{}'), 'candidate', 'percent') ?? 0));
  }

  /** Waits until the model has an event with this reason about its second revision. */
  async untilEvent(reason: string): Promise<void> {
    await until(
      `there is the event ${reason}`,
      async () => {
        const events = await this.story.list('Event');
        return events.some((event) => event['reason'] === reason && textAt(event, 'note').includes('telco-2'));
      },
      async () =>
        (await this.story.list('Event')).map((event) => `${textAt(event, 'reason')}: ${textAt(event, 'note')}`),
    );
  }

  /** Revisions that were ever current, without repetition, as watchers saw them. */
  currents(): string[] {
    const all = this.story.history().map((model) => textAt(model, 'status', 'current', 'revision'));
    return all.filter((revision, index) => revision !== '' && revision !== all[index - 1]);
  }

  /** How often, since it was True first, a watcher saw `Available` otherwise. */
  outages(): number {
    const seen = this.story.history().map((model) => conditionsOf(model)['Available']?.status === 'True');
    return seen.slice(seen.indexOf(true)).filter((available) => !available).length;
  }

  async #status(): Promise<unknown> {
    return at(await this.story.find('ChurnModel', 'telco'), 'status');
  }

  #direct(change: Partial<Traffic>): void {
    this.#traffic = { ...this.#traffic, ...change };
    this.story.direct({ traffic: this.#traffic });
  }
}

/** `status.rollout` of a revision. */
function rolloutOf(revision: KubeObject): RolloutStatus | undefined {
  return ChurnModelRevisionStatus.safeParse(at(revision, 'status')).data?.rollout;
}
