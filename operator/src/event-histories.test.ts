import { annotations, conditionTypes, labels } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { createCaches } from './caches.js';
import type { Caches } from './caches.js';
import { wasOvertaken } from './carry-out.js';
import { model } from './fixtures/world-builder.js';
import { kinds } from './kinds.js';
import { LookTimes } from './look-times.js';
import { selectedRevision } from './observed-objects.js';
import { playExpiry, playServing, playTraining, readyPods } from './fixtures/played-controllers.js';
import { PlayedHistory } from './fixtures/played-history.js';
import type { WatchEnd } from './fixtures/played-history.js';
import { reconcile } from './reconcile.js';
import type { Reconciler } from './reconcile.js';
import { Applier } from './runtime/index.js';
import type { KubeObject } from './runtime/index.js';
import { ManualClock } from './runtime/manual-clock.js';

const isLong = process.env['CHURNOPS_FAULTS'] === 'long';
const none = () => undefined;
const telco = model({ serving: { access: { authentication: 'None' } } });

type Step =
  | { readonly kind: 'deliver'; readonly of: number; readonly events: number }
  | { readonly kind: 'endWatch'; readonly of: number; readonly end: WatchEnd }
  | { readonly kind: 'look' | 'train' | 'serve' | 'expire' | 'change' | 'restart' }
  | { readonly kind: 'wait'; readonly seconds: number };

const of = fc.nat({ max: 30 });
const just = (kind: 'look' | 'train' | 'serve' | 'expire' | 'change' | 'restart') => fc.constant({ kind });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('deliver'), of, events: fc.constantFrom(1, 2, 20) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('endWatch'),
      of,
      end: fc.constantFrom<WatchEnd>('ended', 'broken', 'expired'),
    }),
  },
  { weight: 12, arbitrary: just('look') },
  { weight: 4, arbitrary: just('train') },
  { weight: 4, arbitrary: just('serve') },
  { weight: 2, arbitrary: just('expire') },
  { weight: 2, arbitrary: just('change') },
  { weight: 1, arbitrary: just('restart') },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait'), seconds: fc.constantFrom(1, 30, 61) }) },
);

/** An operator whose caches see the world as late, and in such an order, as a history says. */
class Play {
  readonly clock = new ManualClock();
  readonly server = new PlayedHistory(() => this.clock.wall());
  /** What must never happen, in words. */
  readonly violations: string[] = [];
  readonly #created = new Map<string, number>();
  #seed = 0;
  #caches: Caches;
  #reconciler: Reconciler;
  #stop = new AbortController();

  constructor() {
    this.server.put({ ...telco.object, metadata: { ...telco.object.metadata, resourceVersion: undefined } });
    this.server.onWrite = (verb, object) => {
      if (verb === 'create') this.#judgeCreation(object);
      else this.#judgeDeletion(object);
    };
    [this.#caches, this.#reconciler] = this.#start();
  }

  async do(step: Step): Promise<void> {
    if (step.kind === 'deliver') this.server.deliver(this.#kind(step.of), step.events);
    else if (step.kind === 'endWatch') this.server.endWatch(this.#kind(step.of), step.end);
    else if (step.kind !== 'wait') await this.#act(step.kind);
    await this.clock.advance(step.kind === 'wait' ? step.seconds * 1000 : 0);
  }

  /** Everything is delivered and done, until nothing changes any more. */
  async settle(): Promise<void> {
    let version = -1;
    for (let round = 0; round < 100 && version !== this.server.version; round += 1) {
      version = this.server.version;
      for (const step of ['train', 'serve', 'expire'] as const) await this.#act(step);
      for (const { kind } of Object.values(this.#caches)) this.server.deliver(kind, Infinity);
      await this.clock.advance(61_000);
      await this.#look();
    }
  }

  /** Where a cache differs from the truth. */
  differences(): string[] {
    return Object.values(this.#caches).flatMap(({ kind, store }) => {
      const seen = new Set(store.list().map(versionOf));
      const truth = new Set(this.server.all(kind).map(versionOf));
      const both = [...seen, ...truth];
      return both.filter((id) => !seen.has(id) || !truth.has(id)).map((id) => `${kind.kind} ${id}`);
    });
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.clock.advance(0);
  }

  async #act(kind: Exclude<Step['kind'], 'deliver' | 'endWatch' | 'wait'>): Promise<void> {
    switch (kind) {
      case 'look':
        await this.#look();
        return;
      case 'train':
        playTraining(this.server);
        return;
      case 'serve':
        playServing(this.server);
        return;
      case 'expire':
        playExpiry(this.server);
        return;
      case 'change':
        this.#change();
        return;
      case 'restart':
        this.#stop.abort();
        [this.#caches, this.#reconciler] = this.#start();
        await Promise.all(Object.values(this.#caches).map(({ synced }) => synced));
    }
  }

  #start(): [Caches, Reconciler] {
    const { server, clock } = this;
    this.#stop = new AbortController();
    const onError = () => undefined;
    // The histories alone decide what happens: the same in every run.
    const caches = createCaches({ cluster: server, namespaces: [], clock, onError, random: () => 0.5 });
    for (const reflector of Object.values(caches)) void reflector.run(this.#stop.signal);
    const release = {
      trainerImage: 'trainer',
      servingImage: 'serving',
      operatorNamespace: 'churnops-system',
      scrapeNamespaces: [],
    };
    const applier = new Applier(server, { fieldManager: 'tests', hashAnnotationOf: () => annotations.appliedHash });
    return [
      caches,
      {
        cluster: server,
        caches,
        clock,
        release,
        applier,
        tell: () => undefined,
        readPage: () => Promise.reject(new Error('there is no pod')),
        looks: new LookTimes(clock),
        show: none,
        countEnd: none,
      },
    ];
  }

  async #look(): Promise<void> {
    try {
      await reconcile(this.#reconciler, telco.key);
    } catch (error) {
      // A late cache finds out in this way, and the queue would come back.
      if (!wasOvertaken(error)) throw error;
    }
  }

  #change(): void {
    const [live] = this.server.all(kinds.churnModel);
    if (live === undefined) return;
    this.#seed += 1;
    this.server.put({ ...live, spec: { ...telco.spec, training: { ...telco.spec.training, seed: this.#seed } } });
  }

  #kind(index: number) {
    const all = Object.values(this.#caches);
    return all[index % all.length]?.kind ?? kinds.churnModel;
  }

  #judgeCreation({ kind, metadata }: KubeObject): void {
    const id = `${kind} ${metadata.name}`;
    const times = (this.#created.get(id) ?? 0) + 1;
    this.#created.set(id, times);
    const isOnce = ['Job', 'Deployment', 'ChurnModelRevision'].includes(kind);
    if (isOnce && times > 1) this.violations.push(`${id} was created ${times} times`);
    if (kind === 'Job' && !metadata.name.endsWith('-train')) this.violations.push(`${id} trains what was trained`);
  }

  /** A revision that was promoted answers until another one does. */
  #judgeDeletion(object: KubeObject): void {
    const { name } = object.metadata;
    const revision = this.server.all(kinds.churnModelRevision).find(({ metadata }) => metadata.name === name);
    if (object.kind !== 'Deployment' || !Promoted.safeParse(revision?.['status']).success) return;
    const [service] = this.server.all(kinds.service);
    const serving = service === undefined ? undefined : selectedRevision(service);
    const other = this.server.all(kinds.deployment).find(({ metadata }) => metadata.name === serving);
    const answers = other !== undefined && other !== object && readyPods(this.server, other) > 0;
    if (!answers) this.violations.push(`Deployment ${name} was deleted while the Service names ${String(serving)}`);
  }
}

function versionOf({ metadata }: KubeObject): string {
  return `${metadata.name}@${metadata.resourceVersion}`;
}

const Promoted = z.looseObject({ promotedTime: z.string() });
const Conditions = z.looseObject({ conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })) });

describe('an operator whose caches are late, broken, listed anew, and out of step with one another', () => {
  it(
    'makes everything once, deletes nothing that serves, and ends with the truth',
    async () => {
      const runs = { numRuns: isLong ? 3_000 : 40 };
      const histories = fc.array(anyStep, { minLength: 20, maxLength: 150 });
      await fc.assert(
        fc.asyncProperty(histories, async (history) => {
          const play = new Play();
          for (const step of history) await play.do(step);
          await play.settle();
          const { server } = play;
          await play.end();
          expect(play.violations).toEqual([]);
          expect(play.differences()).toEqual([]);
          const [live] = server.all(kinds.churnModel);
          const { conditions } = Conditions.parse(live?.['status']);
          expect(conditions).toContainEqual(expect.objectContaining({ type: conditionTypes.ready, status: 'True' }));
          const [service] = server.all(kinds.service);
          const newest = server.all(kinds.churnModelRevision).length;
          expect(selectedRevision(service ?? telco.object)).toBe(`telco-${newest}`);
          expect(server.all(kinds.deployment).map(({ metadata }) => metadata.labels?.[labels.revision])).toEqual([
            `telco-${newest}`,
          ]);
        }),
        runs,
      );
    },
    isLong ? 3_600_000 : undefined,
  );
});
