import { describe, expect, it } from '@jest/globals';
import { defaultSettings } from '../../fixtures/played-canary.js';
import { PlayedChance } from '../../fixtures/played-chance.js';
import type { ServedCounters } from './bake-evidence.js';
import { checksOf } from './checks.js';
import { bakeAlphaOf } from './error-budget.js';
import { evidenceAtBake, freshEvidence, withServed } from './evidence.js';
import type { Evidence } from './evidence.js';

/** In the long form an hour with looks every ten seconds, in the short one the same hour in longer blocks. */
const LOOKS = process.env['CHURNOPS_FAULTS'] === 'long' ? 360 : 36;

type Counts = readonly [requests: number, failed: number, slow: number];

const requests = ([count, failed, slow]: Counts) => ({ requests: count, failed, slow });
const times = ([count, failed, slow]: Counts, look: number): Counts => [count * look, failed * look, slow * look];

function after(evidence: Evidence, reads: readonly ServedCounters[]): Evidence {
  return reads.reduce((before, read) => {
    const outcome = withServed(before, read, defaultSettings);
    if ('problem' in outcome) throw new Error(outcome.problem);
    return outcome.evidence;
  }, evidence);
}

/** The evidence when a revision takes over, with such requests of the one before. */
function takenOver(before: Counts): Evidence {
  return evidenceAtBake(after(freshEvidence(), [{ old: requests(before) }]), defaultSettings);
}

/** After the first read of the bake and so many more, in which each pod answers as many requests. */
function baked(before: Counts, looks: number, pods: readonly Counts[]): Evidence {
  const reads = Array.from({ length: looks + 1 }, (_, look) => {
    return Object.fromEntries(pods.map((counts, pod) => [`new-${pod}`, requests(times(counts, look + 1))]));
  });
  return after(takenOver(before), reads);
}

function check(evidence: Evidence, name: string) {
  return checksOf(evidence, defaultSettings).find((each) => each.name === name);
}

const before: Counts = [10_000, 0, 200];

describe('a check of the bake', () => {
  it.each<[string, string, Evidence, object]>([
    [
      'without a request waits',
      'failures',
      takenOver(before),
      { verdict: 'NoData', message: 'no request since it took over' },
    ],
    [
      'does not count what was counted when the revision took over',
      'failures',
      baked(before, 0, [[1_000, 900, 900]]),
      { verdict: 'NoData', samples: 0 },
    ],
    [
      'goes on below the limit',
      'failures',
      baked(before, 20, [[50, 4, 4], [50, 4, 4]]), // prettier-ignore
      { verdict: 'Continue', message: '8 % of 2,000 requests since it took over failed (limit 10 %)' },
    ],
    [
      'fails above the limit',
      'failures',
      baked(before, 2, [[50, 45, 45], [50, 45, 45]]), // prettier-ignore
      {
        verdict: 'Fail',
        message: expect.stringContaining('90 % of 200 requests since it took over failed; over the limit'),
      },
    ],
    [
      'does not fail by one look, which may be a burst',
      'failures',
      baked(before, 1, [[500, 500, 500]]),
      { verdict: 'Continue' },
    ],
    [
      'that hangs on one pod names it',
      'failures',
      baked(before, 5, [[50, 50, 50], [50, 0, 0], [50, 0, 0]]), // prettier-ignore
      { verdict: 'Continue', suspects: ['new-0'], message: expect.stringContaining('hangs on pod new-0') },
    ],
    ['of slow requests goes on below the limit', 'latency', baked(before, 50, [[100, 0, 11]]), { verdict: 'Continue' }],
    [
      'of slow requests fails above the limit, though none fails',
      'latency',
      baked(before, 5, [[100, 0, 60]]),
      {
        verdict: 'Fail',
        message: expect.stringContaining('60 % of 500 requests since it took over were slow or failed; over'),
      },
    ],
    [
      'of slow requests allows for what was slow before',
      'latency',
      baked([10_000, 0, 5_000], 50, [[100, 0, 58]]),
      { verdict: 'Continue' },
    ],
    [
      'of slow requests has no limit when nobody had asked before',
      'latency',
      baked([0, 0, 0], 5, [[100, 0, 60]]),
      { verdict: 'NoData', message: expect.stringContaining('too few requests') },
    ],
  ])('%s', (_, name, evidence, expected) => {
    expect(check(evidence, name)).toMatchObject(expected);
  });

  it('counts on when a pod starts anew, and when pods join', () => {
    const evidence = after(takenOver(before), [
      { a: requests([100, 1, 1]) },
      { a: requests([160, 2, 2]) },
      { a: requests([40, 0, 0]), b: requests([30, 0, 0]) },
      { a: requests([50, 0, 0]), b: requests([35, 0, 0]) },
    ]);
    expect(check(evidence, 'failures')).toMatchObject({ samples: 60 + 40 + 10 + 5 });
  });

  it('stays failed', () => {
    const bad = baked(before, 3, [[100, 60, 60]]);
    const later = after(bad, [{ 'new-0': requests([1e6, 240, 240]) }]);
    expect(check(later, 'failures')?.verdict).toBe('Fail');
  });
});

describe('the error probability of the bake', () => {
  it('is used up by all its tests together', () => {
    const parts = (['failures', 'latency', 'bound'] as const).map((test) => bakeAlphaOf(test, 0.01));
    expect(parts.reduce((a, b) => a + b)).toBeCloseTo(0.01, 12);
  });

  /** An hour of a revision that is as good as the one before, with two pods and ten requests a second. */
  function rollsBack(seed: number, failing: number, slow: number): boolean {
    const chance = new PlayedChance(seed);
    const answered = (n: number): Counts => {
      const failed = chance.binomial(n, failing);
      return [n, failed, failed + chance.binomial(n - failed, slow)];
    };
    let evidence = takenOver(answered(2_000));
    const sums: [Counts, Counts] = [[0, 0, 0], [0, 0, 0]]; // prettier-ignore
    for (let look = 0; look < LOOKS; look += 1) {
      for (const pod of [0, 1] as const) {
        const [n, failed, slowOnes] = answered(chance.poisson(18_000 / LOOKS));
        const sum = sums[pod];
        sums[pod] = [sum[0] + n, sum[1] + failed, sum[2] + slowOnes];
      }
      evidence = after(evidence, [{ a: requests(sums[0]), b: requests(sums[1]) }]);
    }
    return checksOf(evidence, defaultSettings).some(({ verdict }) => verdict === 'Fail');
  }

  it.each([
    ['one in a hundred requests fails', 0.01, 0.02],
    ['a third of the requests is slow', 0.01, 0.33],
  ])('bounds how often an equally good revision is rolled back, when %s', (_, failing, slow) => {
    const runs = Array.from({ length: 500 }, (__, run) => rollsBack(run * 7919 + 1, failing, slow));
    expect(runs.filter(Boolean).length / runs.length).toBeLessThanOrEqual(defaultSettings.errorProbability);
  });

  it('bounds it also at the very limit', () => {
    const runs = Array.from({ length: 500 }, (_, run) =>
      rollsBack(run * 104_729 + 3, defaultSettings.failures.maxShare, 0),
    );
    expect(runs.filter(Boolean).length / runs.length).toBeLessThanOrEqual(defaultSettings.errorProbability);
  });
});
