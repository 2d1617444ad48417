import { isDeepStrictEqual } from 'node:util';
import { Rollout } from '@churnops/crds';
import type { RolloutStatus } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { checksOf } from '../analysis/checks.js';
import { nothing } from '../analysis/counters.js';
import type { PodCounters } from '../analysis/counters.js';
import type { ServedCounters } from '../analysis/bake-evidence.js';
import { freshEvidence, withRead, withServed } from '../analysis/evidence.js';
import type { CanaryLook, Router } from './canary-look.js';
import { canarySettings } from './canary-settings.js';
import { evidenceAfter } from './evidence-after.js';
import { nextRollout } from './next-rollout.js';
import { isOver } from './rollout-facts.js';

const LOOK_SECONDS = 10;
const START = Date.parse('2026-03-01T12:00:00Z');

/** What happens between two looks. */
interface Moment {
  /** Rows that each group gets, and how many of the candidate's fail. */
  readonly rows: number;
  readonly failed: number;
  readonly isSized: boolean;
  /** Whether the routers hear of the newest decision, and reach the candidate. */
  readonly hears: boolean;
  readonly reaches: boolean;
  readonly isReadable: boolean;
  /** Replayed rows of each group, and how many of the candidate's fail. */
  readonly replayed?: readonly [rows: number, failed: number];
  /** Of 1,000 requests of users: those that fail, and those that are slow. */
  readonly served?: readonly [failed: number, slow: number];
  /** Whether the revision that serves, and the one before it, have ready pods. */
  readonly isReady?: boolean;
  readonly canGoBack?: boolean;
  readonly hopeless?: CanaryLook['candidate']['hopeless'];
  readonly verdict?: string | undefined;
}

const fine: Moment = { rows: 2_000, failed: 0, isSized: true, hears: true, reaches: true, isReadable: true };

/** A rollout with routers that hear of decisions late, read by the real rules. */
class PlayedRollout {
  readonly history: RolloutStatus[];
  #seconds = 0;
  #evidence = freshEvidence();
  #counters: PodCounters = nothing;
  #replayed: PodCounters = nothing;
  #served: ServedCounters = {};
  #router: Router = { sequence: 40, percent: 0, reaches: true };
  readonly #settings;

  constructor(spec: object = {}) {
    this.#settings = canarySettings(Rollout.parse(spec), { scores: true, decisions: true });
    const time = new Date(START).toISOString();
    const size = this.#settings.steps[0]?.percent ?? 100;
    const first: RolloutStatus = {
      ...{ sequence: 41, attempt: 1, stage: 'Shadow', step: 0, percent: 0, sizePercent: size },
      ...{ startTime: time, stepStartTime: time },
    };
    this.history = [first];
  }

  get status(): RolloutStatus {
    return this.history.at(-1)!;
  }

  look(moment: Moment): void {
    this.#seconds += LOOK_SECONDS;
    const now = new Date(START + this.#seconds * 1000);
    const before = this.#decided(moment, now);
    const { hears, reaches, isSized, isReady = true, canGoBack = true } = moment;
    if (hears) this.#router = { ...before, reaches };
    const rows = before.percent > 0 ? this.#count(moment) : 0;
    const problem = moment.isReadable ? this.#read(moment) : 'the pods do not answer';
    const current = { readyPods: isReady ? 2 : 0 };
    const candidate = { isSized, trouble: undefined, hopeless: moment.hopeless };
    const routers = [this.#router, this.#router];
    const checks = checksOf(this.#evidence, this.#settings.analysis);
    const look: CanaryLook = {
      watchedSeconds: this.#seconds,
      ...{ now, status: before, settings: this.#settings, nextSequence: before.sequence + 1 },
      ...{ candidate, current, canGoBack, routers, evidence: this.#evidence, checks, problem },
      hasNewRows: rows > 0 && moment.isReadable,
    };
    const next = nextRollout(look);
    this.#evidence = evidenceAfter(this.#evidence, { before, next }, this.#settings.analysis);
    this.history.push(next);
  }

  #decided({ verdict }: Moment, now: Date): RolloutStatus {
    const { status } = this;
    if (verdict === undefined) return status;
    const said = { verdict, attempt: status.attempt, time: now.toISOString() };
    return { ...status, heard: verdict, verdicts: [...(status.verdicts ?? []), said].slice(-16) };
  }

  #count({ rows, failed, replayed: [replayed, bad] = [0, 0] }: Moment): number {
    this.#counters = counted(this.#counters, rows, Math.min(rows, failed));
    this.#replayed = counted(this.#replayed, replayed, bad);
    return rows + replayed;
  }

  #read({ served: [failed, slow] = [0, 0] }: Moment): string | undefined {
    const { analysis } = this.#settings;
    const read = { live: { router: this.#counters }, replay: { router: this.#replayed } };
    const outcome = withRead(this.#evidence, read, analysis);
    if ('problem' in outcome) return outcome.problem;
    const name = this.status.stage === 'Baking' ? 'new' : 'old';
    const before = this.#served[name] ?? nothing.control;
    const bad = { failed: before.failed + failed, slow: before.slow + Math.max(slow, failed) };
    this.#served = { [name]: { requests: before.requests + 1_000, ...bad } };
    const outcomeOfServed = withServed(outcome.evidence, this.#served, analysis);
    if ('problem' in outcomeOfServed) return outcomeOfServed.problem;
    this.#evidence = outcomeOfServed.evidence;
    return undefined;
  }
}

function counted({ candidate, control }: PodCounters, rows: number, failed: number): PodCounters {
  const pod = candidate['pod'] ?? nothing.control;
  const [requests, bad] = [pod.requests + rows, pod.failed + failed];
  return {
    ...nothing,
    candidate: { pod: { requests, failed: bad, slow: bad } },
    control: { requests: control.requests + rows, failed: control.failed, slow: control.slow },
  };
}

function playedUntilOver(moment: Moment, spec: object = {}, looks = 2_000): PlayedRollout {
  const rollout = new PlayedRollout(spec);
  for (let look = 0; look < looks && !isOver(rollout.status); look += 1) rollout.look(moment);
  return rollout;
}

const stagesOf = ({ history }: PlayedRollout) => {
  const places = history.map(({ stage, step, percent }) => (stage === 'Canary' ? `${step}: ${percent} %` : stage));
  return places.filter((place, index) => place !== places[index - 1]);
};

describe('a rollout', () => {
  it('of a good candidate goes from copies over every step to full traffic, bakes, and is complete', () => {
    expect(stagesOf(playedUntilOver(fine))).toEqual([
      ...['Shadow', '1: 5 %', '2: 25 %', '3: 50 %', 'Full', 'Baking', 'Complete'],
    ]);
  });

  it.each<[string, Moment, string]>([
    ['fails', { ...fine, failed: 200 }, 'AnalysisFailed'],
    ['never gets its pods', { ...fine, isSized: false }, 'ProgressDeadlineExceeded'],
    ['loses a pod for good', { ...fine, isSized: false, hopeless: 'CrashLooping' }, 'CrashLooping'],
    ['loses its artifact', { ...fine, hopeless: 'ArtifactMissing' }, 'ArtifactMissing'],
    ['can not be reached', { ...fine, reaches: false, rows: 0 }, 'CandidateUnreachable'],
    ['is rejected', { ...fine, rows: 0, verdict: 'reject' }, 'Rejected'],
  ])('of a candidate that %s is rolled back', (_, moment, reason) => {
    const { status } = playedUntilOver(moment);
    expect(status).toMatchObject({ stage: 'RolledBack', percent: 0, reason });
  });

  it('that users send no rows passes on replayed ones, and says so', () => {
    const { history, status } = playedUntilOver({ ...fine, rows: 0, replayed: [200, 0] });
    expect(status).toMatchObject({ stage: 'Complete', provenBy: 'Replay' });
    expect(history.find(({ stage }) => stage === 'Full')?.message).toContain('users sent 0 rows');
    expect(playedUntilOver(fine).status.provenBy).toBe('Live');
  });

  it('that ends before its routers were heard of its share counts them as acting on it', () => {
    const rollout = new PlayedRollout();
    while (rollout.status.percent === 0) rollout.look(fine);
    rollout.look({ ...fine, hears: false, hopeless: 'CrashLooping' });
    expect(rollout.status).toMatchObject({ stage: 'RolledBack', percent: 0, acknowledgedPercent: 5 });
  });

  it('of a candidate that fails replayed rows alone is rolled back', () => {
    const { status } = playedUntilOver({ ...fine, replayed: [200, 60] });
    expect(status).toMatchObject({ stage: 'RolledBack', reason: 'AnalysisFailed' });
    expect(status.message).toContain('on replayed rows');
  });

  it.each<[string, Partial<Moment>, string]>([
    ['fails for users', { served: [300, 300] }, 'AnalysisFailed'],
    ['is slow for users', { served: [0, 400] }, 'AnalysisFailed'],
    ['has no ready pod', { isReady: false }, 'NotReady'],
    ['is rejected', { verdict: 'reject' }, 'Rejected'],
  ])('of a candidate that took over and then %s is rolled back while there is a way back', (_, moment, reason) => {
    const rollout = new PlayedRollout();
    while (rollout.status.stage !== 'Baking') rollout.look(fine);
    for (let look = 0; look < 10; look += 1) rollout.look({ ...fine, ...moment, canGoBack: false });
    expect(rollout.status).toMatchObject({ stage: 'Baking', percent: 100, reason });
    expect(rollout.status.message).toContain('the revision before has no ready pod');
    for (let look = 0; look < 5; look += 1) rollout.look({ ...fine, ...moment });
    expect(rollout.status).toMatchObject({ stage: 'RolledBack', percent: 0, reason });
    expect(rollout.history.filter(({ stage }) => stage === 'RolledBack').length).toBeGreaterThan(3);
  });

  it.each<[string, Partial<Moment>]>([
    ['as slow as the one before', { served: [0, 200] }],
    ['failing for users sometimes', { served: [30, 30] }],
  ])('of a candidate that is %s is complete', (_, moment) => {
    expect(playedUntilOver({ ...fine, ...moment }).status.stage).toBe('Complete');
  });

  it('waits without an end where nothing can be read, and passes nothing', () => {
    const { status } = playedUntilOver({ ...fine, isReadable: false }, {}, 500);
    expect(status).toMatchObject({ stage: 'Shadow', reason: 'NoData' });
  });

  it('waits for approval of a step that needs it', () => {
    const steps = [{ percent: 5 }, { percent: 50, approval: 'Required' }];
    const held = playedUntilOver(fine, { steps }, 500);
    expect(held.status).toMatchObject({ stage: 'Canary', step: 1, percent: 5, reason: 'AwaitingApproval' });
    expect(held.status.message).toContain('approve-2');
    held.look({ ...fine, verdict: 'approve-2' });
    held.look(fine);
    expect(held.status).toMatchObject({ step: 2, percent: 50 });
  });

  it('takes no share before the pods for it are ready, and keeps the one it has', () => {
    const rollout = new PlayedRollout();
    while (rollout.status.sizePercent <= 5) rollout.look(fine);
    for (let look = 0; look < 5; look += 1) rollout.look({ ...fine, isSized: false });
    expect(rollout.status).toMatchObject({ percent: 5, sizePercent: 25 });
    rollout.look(fine);
    expect(rollout.status).toMatchObject({ percent: 25, sizePercent: 25 });
  });

  it('takes no larger share at a look that speaks against it, though the step before was passed', () => {
    const rollout = new PlayedRollout();
    while (rollout.status.sizePercent <= 5) rollout.look({ ...fine, rows: 200 });
    rollout.look({ ...fine, rows: 200, isSized: false });
    rollout.look({ ...fine, rows: 200, failed: 70 });
    expect(rollout.status).toMatchObject({ percent: 5, sizePercent: 25, reason: 'AwaitingEvidence' });
    expect(rollout.status.message).toContain('in serious doubt at this look');
    rollout.look({ ...fine, rows: 200 });
    expect(rollout.status).toMatchObject({ percent: 25, sizePercent: 25 });
  });

  it('answers no users while its copies fail', () => {
    const rollout = new PlayedRollout({ shadowSamples: 20 });
    rollout.look(fine);
    for (let look = 0; look < 5 && !isOver(rollout.status); look += 1) rollout.look({ ...fine, rows: 40, failed: 30 });
    expect(stagesOf(rollout)).toEqual(['Shadow', 'RolledBack']);
  });

  it('takes over only when every router sends everything', () => {
    const rollout = new PlayedRollout();
    while (rollout.status.stage !== 'Full') rollout.look(fine);
    for (let look = 0; look < 50; look += 1) rollout.look({ ...fine, hears: false });
    expect(rollout.status.stage).toBe('Full');
    rollout.look(fine);
    expect(rollout.status.stage).toBe('Baking');
  });
});

const moments = fc.record({
  rows: fc.constantFrom(0, 3, 200, 2_000),
  failed: fc.constantFrom(0, 0, 0, 1, 50),
  isSized: fc.boolean(),
  hears: fc.boolean(),
  reaches: fc.boolean(),
  isReadable: fc.boolean(),
  replayed: fc.constantFrom([0, 0] as const, [200, 0] as const, [200, 2] as const),
  served: fc.constantFrom([0, 0] as const, [10, 50] as const, [300, 300] as const),
  isReady: fc.boolean(),
  canGoBack: fc.boolean(),
  verdict: fc.constantFrom(undefined, undefined, undefined, undefined, 'approve-2', 'retry-7', 'reject'),
});
const stages = ['Shadow', 'Canary', 'Full', 'Baking', 'Complete'];

/** Without what is only noted. */
function decisionOf(status: RolloutStatus): object {
  return { ...status, heard: undefined, verdicts: undefined, acknowledgedPercent: undefined };
}

function expectWayForwardOrBack(before: RolloutStatus, now: RolloutStatus, { canGoBack }: Moment): void {
  if (now.stage === 'RolledBack') {
    expect(now.percent).toBe(0);
    if (before.stage === 'Baking') expect(canGoBack).toBe(true);
    return;
  }
  expect(stages.indexOf(now.stage)).toBeGreaterThanOrEqual(stages.indexOf(before.stage));
  expect(now.percent).toBeGreaterThanOrEqual(before.percent);
}

describe('any history of a rollout', () => {
  it('gives shares to ready pods only, goes forward or back to nothing, and numbers what routers must know', () => {
    const histories = fc.array(fc.tuple(moments, fc.integer({ min: 1, max: 30 })), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(histories, (history) => {
        const rollout = new PlayedRollout({ shadowSamples: 50, rollback: { bakeSeconds: 100 } });
        for (const moment of history.flatMap(([each, times]) => Array<Moment>(times).fill(each))) {
          const before = rollout.status;
          rollout.look(moment);
          const now = rollout.status;
          const told = ({ stage, percent, sizePercent }: RolloutStatus) => ({ stage, percent, sizePercent });
          expect(now.sequence > before.sequence).toBe(!isDeepStrictEqual(told(now), told(before)));
          if (now.percent > before.percent) expect(moment.isSized).toBe(true);
          if (isOver(before)) expect(decisionOf(now)).toEqual(decisionOf(before));
          expectWayForwardOrBack(before, now, moment);
        }
      }),
    );
  });

  it('ends when everything is well from some time on, unless somebody or its checks ended it before', () => {
    fc.assert(
      fc.property(fc.array(moments, { maxLength: 60 }), (history) => {
        const rollout = new PlayedRollout({ rollback: { bakeSeconds: 100 } });
        for (const moment of history) rollout.look(moment);
        for (let look = 0; look < 2_000 && !isOver(rollout.status); look += 1) rollout.look(fine);
        expect(isOver(rollout.status)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});
