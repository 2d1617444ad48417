import { describe, expect, it } from '@jest/globals';
import { defaultSettings, PlayedCanary } from '../../fixtures/played-canary.js';
import type { NewRequests } from '../../fixtures/played-canary.js';
import { PlayedChance } from '../../fixtures/played-chance.js';
import { checksOf } from './checks.js';
import { nothing } from './counters.js';
import type { PodCounters } from './counters.js';
import { alphaOf, levelsOf } from './error-budget.js';
import { evidenceAtNextStep, freshEvidence, withRead } from './evidence.js';
import type { Evidence } from './evidence.js';
import { pValue } from './mixture.js';
import { chance, counted, percent, points, roughly } from './written-numbers.js';

const step = { isLast: false, minSeconds: 60, maxSeconds: 600 };

function seen(looks: number, candidate: NewRequests['candidate'], control: NewRequests['control']): Evidence {
  const canary = new PlayedCanary();
  for (let round = 0; round < looks; round += 1) canary.look({ candidate, control }, step);
  return canary.evidence;
}

/** After some reads of one pod, in which its counters grow evenly. */
function counting(looks: number, grown: (look: number) => Partial<PodCounters>): Evidence {
  return Array.from({ length: looks }).reduce<Evidence>((evidence, _, look) => {
    const outcome = withRead(
      evidence,
      { live: { router: { ...nothing, ...grown(look + 1) } }, replay: {} },
      defaultSettings,
    );
    if ('problem' in outcome) throw new Error(outcome.problem);
    return outcome.evidence;
  }, freshEvidence());
}

function check(evidence: Evidence, name: string) {
  return checksOf(evidence, defaultSettings).find((each) => each.name === name);
}

describe('a check of requests', () => {
  it.each<[string, string, Evidence, object]>([
    [
      'that is under way says how much is missing',
      'failures',
      seen(6, [[102, 1]], [101, 1]),
      {
        verdict: 'Continue',
        candidate: '0.0098',
        control: '0.0099',
        samples: 612,
        message: '0.98 % of 612 against 0.99 % of 606; passes after about 5,800 more',
      },
    ],
    [
      'that can lead nowhere says so',
      'failures',
      seen(6, [[102, 2]], [101, 1]),
      { verdict: 'Continue', message: '2 % of 612 against 0.99 % of 606; no pass in sight at these shares' },
    ],
    [
      'that passed says within which margin',
      'latency',
      seen(6, [[102, 0]], [101, 1]),
      { verdict: 'Pass', message: '0 % of 612 against 0.99 % of 606; less than 2 points worse (p = 0.00013)' },
    ],
    [
      'that failed says beyond which margin',
      'failures',
      seen(3, [[102, 40]], [101, 1]),
      { verdict: 'Fail', message: '39.2 % of 306 against 0.99 % of 303; more than 0.1 points worse (p = 0.0001)' },
    ],
    [
      'that failed by the limit says so',
      'failures',
      seen(30, [[100, 15]], [100, 15]),
      { verdict: 'Fail', message: '15 % of 3,000 in this rollout; over the limit of 10 % (p < 0.0001)' },
    ],
    [
      'that hangs on one pod names it',
      'failures',
      seen(3, [[40, 40], [40, 0], [40, 0]], [120, 0]), // prettier-ignore
      {
        verdict: 'Continue',
        suspects: ['candidate-0'],
        message:
          '33.3 % of 360 against 0 % of 360; no pass in sight at these shares; no verdict while the evidence hangs on pod candidate-0',
      },
    ],
    [
      'that hangs on the only pod there is fails',
      'failures',
      seen(3, [[120, 40]], [120, 0]),
      { verdict: 'Fail', suspects: [] },
    ],
    [
      'of a new step counts from there',
      'failures',
      evidenceAtNextStep(seen(6, [[102, 1]], [101, 1])),
      { verdict: 'Continue', samples: 0, candidate: '0.0000', message: 'no request yet in this step' },
    ],
  ])('%s', (_, name, evidence, expected) => {
    expect(check(evidence, name)).toMatchObject(expected);
  });

  it('that hung on one pod passes once that was replaced, and enough rows are good', () => {
    const canary = new PlayedCanary();
    const look = (candidate: NewRequests['candidate'], looks: number) => {
      for (let round = 0; round < looks; round += 1) canary.look({ candidate, control: [120, 0] }, step);
      return checksOf(canary.evidence, defaultSettings).find(({ name }) => name === 'failures');
    };
    // prettier-ignore
    expect(look([[40, 40], [40, 0], [40, 0]], 3)).toMatchObject({ verdict: 'Continue', isDoubted: true });
    expect(
      look(
        [0, 40, 40, 40].map((n) => [n, 0] as const),
        200,
      ),
    ).toMatchObject({ verdict: 'Pass', isDoubted: false });
  });

  it.each<[string, NewRequests, number]>([
    ['nothing fails', { candidate: [[50, 0]], control: [50, 0] }, 5],
    ['both fail alike', { candidate: [[100, 1]], control: [100, 1] }, 10],
    ['the control group is large', { candidate: [[50, 0]], control: [950, 1] }, 3],
  ])('that says how much is missing passes after about as much when %s', (_, look, looks) => {
    const canary = new PlayedCanary();
    const failures = () => checksOf(canary.evidence, defaultSettings)[0]!;
    for (let round = 0; round < looks; round += 1) canary.look(look, step);
    const { message, samples } = failures();
    while (failures().verdict !== 'Pass') canary.look(look, step);
    const [, about = ''] = /after about ([\d,]+) more/.exec(message) ?? [];
    const ratio = Number(about.replaceAll(',', '')) / (failures().samples - samples);
    expect(ratio).toBeGreaterThan(0.7);
    expect(ratio).toBeLessThan(1.4);
  });
});

describe('each check of requests', () => {
  const slow = (look: number, [n, x]: readonly [number, number]) => ({ requests: n * look, failed: 0, slow: x * look });

  it('counts what it is for: slow answers fail the latency, and not the failures', () => {
    const evidence = counting(4, (look) => ({
      candidate: { pod: slow(look, [100, 60]) },
      control: slow(look, [100, 1]),
    }));
    expect(check(evidence, 'latency')).toMatchObject({ verdict: 'Fail', candidate: '0.6000' });
    expect(check(evidence, 'failures')).toMatchObject({ verdict: 'Continue', candidate: '0.0000' });
  });

  it.each(['failures', 'latency'] as const)('of %s fails at the part of the error that it may use up', (name) => {
    const canary = new PlayedCanary();
    const verdicts = Array.from({ length: 60 }, () => {
      canary.look({ candidate: [[40, 3]], control: [40, 1] }, step);
      const p = pValue(canary.evidence.live.requests.all[name].fail);
      return [check(canary.evidence, name)?.verdict === 'Fail', p <= alphaOf(name, 0.01)] as const;
    });
    expect(verdicts.map(([fails]) => fails)).toEqual(verdicts.map(([, expected]) => expected));
    expect(new Set(verdicts.flat())).toEqual(new Set([true, false]));
  });

  it('waits for fifty requests, and says so, when the evidence is there before', () => {
    const settings = { ...defaultSettings, latency: { failMargin: 0.1, passMargin: 0.5 } };
    const canary = new PlayedCanary(settings);
    for (const passed of [10, 20, 30, 40]) {
      canary.look({ candidate: [[10, 0]], control: [10, 0] }, step);
      const message = `0 % of ${passed} against 0 % of ${passed}; passes after about ${50 - passed} more`;
      if (passed > 20) expect(checksOf(canary.evidence, settings)[1]).toMatchObject({ verdict: 'Continue', message });
    }
    canary.look({ candidate: [[10, 0]], control: [10, 0] }, step);
    expect(checksOf(canary.evidence, settings)[1]?.verdict).toBe('Pass');
  });
});

describe('a guard', () => {
  const scores = (candidate: number[], control: number[]) => (look: number) => ({
    scores: { candidate: candidate.map((count) => count * look), control: control.map((count) => count * look) },
  });
  const pairs = (rows: number, flips: number) => (look: number) => ({
    pairs: { rows: rows * look, flips: flips * look },
  });

  it.each<[string, string, Evidence, object]>([
    [
      'without scores waits',
      'score-shift',
      freshEvidence(),
      { verdict: 'NoData', message: 'no scores of both groups yet' },
    ],
    [
      'on scores that are alike goes on',
      'score-shift',
      counting(5, scores([30, 20, 10], [29, 21, 10])),
      {
        verdict: 'Continue',
        candidate: '0.0167',
        control: undefined,
        samples: 300,
        message: 'total variation 0.0167 (limit 0.5), stability index 0.0014, 300 scores against 300',
      },
    ],
    [
      'on a constant score fails',
      'score-shift',
      counting(5, scores([0, 60, 0, 0], [15, 15, 15, 15])),
      { verdict: 'Fail', message: expect.stringContaining('over the limit (p < 0.0001)') },
    ],
    [
      'without pairs waits',
      'decision-flips',
      freshEvidence(),
      { verdict: 'NoData', message: 'no row scored by both revisions yet' },
    ],
    [
      'on few flips goes on',
      'decision-flips',
      counting(5, pairs(100, 4)),
      { verdict: 'Continue', candidate: '0.0400', samples: 500, message: '4 % of 500 decisions differ (limit 25 %)' },
    ],
    [
      'on many flips fails',
      'decision-flips',
      counting(5, pairs(100, 48)),
      { verdict: 'Fail', message: '48 % of 500 decisions differ (limit 25 %); over the limit (p < 0.0001)' },
    ],
    [
      'on many flips of few rows waits',
      'decision-flips',
      counting(4, pairs(12, 12)),
      { verdict: 'Continue', samples: 48 },
    ],
  ])('%s', (_, name, evidence, expected) => {
    expect(check(evidence, name)).toMatchObject(expected);
  });

  it('that is switched off is not there', () => {
    const settings = { ...defaultSettings, scoreShift: undefined, decisionFlips: undefined };
    expect(checksOf(freshEvidence(), settings).map(({ name }) => name)).toEqual(['failures', 'latency']);
  });
});

describe('a check on the rows of both sources', () => {
  const settings = { ...defaultSettings, replays: true };
  type Group = readonly [requests: number, failed: number];
  type Groups = readonly [candidate: Group, control: Group];

  function counts([candidate, control]: Groups, look: number): PodCounters {
    const of = ([n, x]: Group) => ({ requests: n * look, failed: x * look, slow: x * look });
    return { ...nothing, candidate: { pod: of(candidate) }, control: of(control) };
  }

  function checked(looks: number, live: Groups, replay: Groups) {
    let evidence = freshEvidence();
    for (let look = 1; look <= looks; look += 1) {
      const read = { live: { a: counts(live, look) }, replay: { a: counts(replay, look) } };
      const outcome = withRead(evidence, read, settings);
      if ('problem' in outcome) throw new Error(outcome.problem);
      evidence = outcome.evidence;
    }
    return checksOf(evidence, settings)[0];
  }

  const none: Groups = [[0, 0], [0, 0]]; // prettier-ignore
  const good: Groups = [[200, 0], [200, 0]]; // prettier-ignore
  const plenty: Groups = [[1_000, 0], [1_000, 0]]; // prettier-ignore
  const few: Groups = [[2, 0], [2, 0]]; // prettier-ignore
  const bad: Groups = [[200, 80], [200, 0]]; // prettier-ignore
  const doubtful: Groups = [[20, 2], [200, 0]]; // prettier-ignore

  it.each<[string, number, Groups, Groups, object]>([
    ['passes by users alone', 10, good, none, { verdict: 'Pass', source: 'Live', samples: 2_000 }],
    ['passes by users first', 10, good, good, { verdict: 'Pass', source: 'Live' }],
    [
      'passes on replayed rows, and says so, when users send few',
      10,
      few,
      good,
      {
        verdict: 'Pass',
        source: 'Replay',
        message:
          'passed on replayed rows: 0 % of 2,000 against 0 % of 2,000; less than 0.5 points worse (p = 0.0016); users sent 20 rows to the candidate in this step',
      },
    ],
    ['passes on replayed rows when users send none', 10, none, good, { verdict: 'Pass', source: 'Replay' }],
    [
      'does not pass on them while users speak against it',
      2,
      doubtful,
      plenty,
      { verdict: 'Continue', source: 'Live' },
    ],
    ['fails by users, whatever replayed rows say', 10, bad, good, { verdict: 'Fail', source: 'Live' }],
    [
      'fails on replayed rows, whatever users say',
      10,
      good,
      bad,
      { verdict: 'Fail', source: 'Replay', message: expect.stringMatching(/^on replayed rows: 40 %/) },
    ],
    [
      'has both in its message while it is open',
      3,
      few,
      good,
      { verdict: 'Continue', message: expect.stringMatching(/^0 % of 6 .*; on replayed rows: 0 % of 600 /) },
    ],
    ['without any rows waits', 3, none, none, { verdict: 'NoData', message: 'no request yet' }],
  ])('%s', (...[, looks, live, replay, expected]) => {
    expect(checked(looks, live, replay)).toMatchObject(expected);
  });

  it('leaves replayed rows alone when there shall be none', () => {
    const alone = { ...settings, replays: false };
    const read = { live: {}, replay: { a: counts(bad, 1) } };
    const outcome = withRead(freshEvidence(), read, alone);
    if ('problem' in outcome) throw new Error(outcome.problem);
    expect(checksOf(outcome.evidence, alone)[0]).toMatchObject({ verdict: 'NoData' });
  });

  /** Five minutes of looks with 200 rows of each source and group, of which one in a hundred fails. */
  function rollsBack(seed: number): boolean {
    const chance = new PlayedChance(seed);
    let evidence = freshEvidence();
    let read = { live: { a: nothing }, replay: { a: nothing } };
    for (let look = 0; look < 30; look += 1) {
      read = { live: { a: grown(read.live.a, chance) }, replay: { a: grown(read.replay.a, chance) } };
      const outcome = withRead(evidence, read, settings);
      if ('problem' in outcome) throw new Error(outcome.problem);
      evidence = outcome.evidence;
    }
    return checksOf(evidence, settings).some(({ verdict }) => verdict === 'Fail');
  }

  function grown({ candidate, control }: PodCounters, chance: PlayedChance): PodCounters {
    const more = ({ requests, failed }: PodCounters['control']) => {
      const n = chance.poisson(200);
      const bad = failed + chance.binomial(n, 0.01);
      return { requests: requests + n, failed: bad, slow: bad };
    };
    return { ...nothing, candidate: { pod: more(candidate['pod'] ?? nothing.control) }, control: more(control) };
  }

  it('rolls back an equally good revision at most as often as stated, though users and replay both judge it', () => {
    const runs = Array.from({ length: 500 }, (_, run) => rollsBack(run * 7919 + 1));
    expect(runs.filter(Boolean).length / runs.length).toBeLessThanOrEqual(settings.errorProbability);
  });
});

describe('the error budget', () => {
  it.each([true, false])('of users and replayed rows together is the whole, with replay %p', (replays) => {
    const [live, replay] = [levelsOf('Live', { errorProbability: 0.01, replays }), levelsOf('Replay', { errorProbability: 0.01, replays })]; // prettier-ignore
    expect(live.fail + replay.fail).toBeCloseTo(0.01, 12);
    expect(live.pass + replay.pass).toBeCloseTo(0.05, 12);
  });

  it('is used up by all tests together', () => {
    const tests = ['failures', 'latency', 'failureLimit', 'scoreShift', 'decisionFlips'] as const;
    expect(tests.reduce((sum, test) => sum + alphaOf(test, 0.01), 0)).toBeCloseTo(0.01, 12);
  });
});

describe('numbers in words', () => {
  it.each([
    [counted(1204), '1,204'],
    [roughly(1361.2), '1,400'],
    [roughly(0.2), '1'],
    [percent(0), '0 %'],
    [percent(0.00817), '0.82 %'],
    [percent(0.98765), '98.8 %'],
    [points(-0.00312), '-0.31'],
    [points(0.125), '12.5'],
    [chance(0.00213), 'p = 0.0021'],
    [chance(1), 'p = 1'],
    [chance(1e-9), 'p < 0.0001'],
  ])('%s', (written, expected) => {
    expect(written).toBe(expected);
  });
});
