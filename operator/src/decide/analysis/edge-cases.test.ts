import { describe, expect, it } from '@jest/globals';
import { defaultSettings, PlayedCanary } from '../../fixtures/played-canary.js';
import type { NewRequests } from '../../fixtures/played-canary.js';
import { checksOf } from './checks.js';
import { compared, freshComparison, verdictOf } from './comparison.js';
import type { Comparison } from './comparison.js';
import { pValue } from './mixture.js';
import { freshScoreShift, shifted, totalVariation } from './score-shift.js';

const margins = { failMargin: 0.001, passMargin: 0.005, capLog: Infinity };
const rule = { alphaFail: 0.01, alphaPass: 0.05, minRequests: 50, minFailed: 3 };
type Counts = readonly [nc: number, xc: number, ns: number, xs: number];

function after(blocks: readonly Counts[], { passMargin } = margins): Comparison {
  return blocks.reduce((comparison, [nc, xc, ns, xs]) => {
    const block = { candidate: { n: nc, x: xc }, control: { n: ns, x: xs } };
    return compared(comparison, block, { ...margins, passMargin });
  }, freshComparison());
}

function repeated(times: number, block: Counts): readonly Counts[] {
  return Array.from({ length: times }, () => block);
}

/** Requests of the candidate until a Pass when nothing fails. */
function requestsToPass([nc, , ns]: Counts, passMargin: number): number {
  const block = { candidate: { n: nc, x: 0 }, control: { n: ns, x: 0 } };
  let comparison = freshComparison();
  while (verdictOf(comparison, rule) !== 'Pass') comparison = compared(comparison, block, { ...margins, passMargin });
  return comparison.step.candidate.n;
}

// The list of edge cases at the end of section 1 of the specification, and what its results say of them.
describe('without a failure anywhere', () => {
  it('the evidence for a Fail never grows', () => {
    expect(after(repeated(200, [25, 0, 75, 0])).fail.logEMax).toBe(0);
  });

  it.each<[number, Counts, number]>([
    [0.005, [5, 0, 95, 0], 930],
    [0.005, [25, 0, 75, 0], 1000],
    [0.005, [50, 0, 50, 0], 1150],
    [0.01, [5, 0, 95, 0], 460],
    [0.01, [25, 0, 75, 0], 500],
    [0.01, [50, 0, 50, 0], 600],
    [0.05, [5, 0, 5, 0], 100],
    [0.01, [5, 0, 5, 0], 555],
    [0.005, [5, 0, 5, 0], 1155],
  ])('a Pass within %d takes, with %j a look, %i requests of the candidate', (passMargin, block, expected) => {
    expect(requestsToPass(block, passMargin)).toBe(expected);
  });
});

describe('with one group without requests', () => {
  it.each<[string, Counts, string]>([
    ['nobody', [0, 0, 0, 0], 'no request yet'],
    [
      'the candidate alone',
      [612, 600, 0, 0],
      '612 requests of the candidate, none of the control group to compare with yet',
    ],
    ['the control group alone', [0, 0, 608, 3], 'no request of the candidate yet, 608 of the control group'],
  ])('no block closes, and the message says why: %s answers', (_, block, message) => {
    const canary = new PlayedCanary();
    const [nc, xc, ns, xs] = block;
    canary.look(
      { candidate: [[nc, Math.min(xc, 2)]], control: [ns, xs] },
      { isLast: false, minSeconds: 0, maxSeconds: 1e9 },
    );
    expect(checksOf(canary.evidence, defaultSettings)[0]).toMatchObject({ verdict: 'NoData', message });
  });

  it('what waits is part of the block that closes', () => {
    const waited = after([
      [20, 20, 0, 0],
      [20, 20, 0, 0],
      [0, 0, 760, 0],
    ]);
    expect(waited.fail).toEqual(after([[40, 40, 760, 0]]).fail);
  });

  it('a candidate that nothing can be compared with fails by the limit', () => {
    const canary = new PlayedCanary();
    const step = { isLast: false, minSeconds: 60, maxSeconds: 600 };
    const alone: NewRequests = { candidate: [[30, 30]], control: [0, 0] };
    const looks = Array.from({ length: 4 }, () => canary.look(alone, step));
    // One look alone, however bad, could be a burst.
    expect(looks[0]).toMatchObject({ kind: 'Hold' });
    expect(looks.at(-1)).toMatchObject({
      kind: 'RollBack',
      message: expect.stringContaining('over the limit of 10 %'),
    });
  });
});

describe('with few requests', () => {
  it.each<[string, readonly Counts[], string, number]>([
    ['1 of 1 against 0 of 1 says nothing', [[1, 1, 1, 0]], 'Continue', 0.7],
    ['2 of 2 are too few for a Fail', [[2, 2, 38, 0]], 'Continue', 0.006],
    ['3 of 3 against 0 of 57 are a Fail', [[3, 3, 57, 0]], 'Fail', 2.1e-4],
    ['one by one at 50 %, six are', repeated(6, [1, 1, 1, 0]), 'Fail', 0.0057],
    ['one by one at 50 %, five are not', repeated(5, [1, 1, 1, 0]), 'Continue', 0.02],
    ['one by one at 5 %, three are', repeated(3, [1, 1, 19, 0]), 'Fail', 1.9e-4],
  ])('%s', (_, blocks, verdict, p) => {
    const comparison = after(blocks);
    expect(verdictOf(comparison, rule)).toBe(verdict);
    expect(Math.log10(pValue(comparison.fail) / p)).toBeCloseTo(0, verdict === 'Fail' ? 1 : 0);
  });
});

describe('a late break', () => {
  it('after twenty minutes without a failure is a Fail at the next look', () => {
    const healthy = repeated(120, [250, 0, 750, 1]);
    expect(verdictOf(after(healthy), rule)).toBe('Pass');
    expect(verdictOf(after([...healthy, [250, 250, 750, 1]]), rule)).toBe('Fail');
  });

  it('takes two looks when one look counts 30-fold at most', () => {
    const capped = (blocks: number) => {
      return repeated(blocks, [20, 20, 380, 0]).reduce(
        (comparison, [nc, xc, ns, xs]) =>
          compared(
            comparison,
            { candidate: { n: nc, x: xc }, control: { n: ns, x: xs } },
            { ...margins, capLog: Math.log(30) },
          ),
        freshComparison(),
      );
    };
    expect(verdictOf(capped(1), rule)).toBe('Continue');
    expect(verdictOf(capped(2), rule)).toBe('Fail');
  });
});

describe('an outage of what both groups need', () => {
  it('is no reason for a Fail', () => {
    const outage = repeated(12, [250, 125, 750, 375]);
    const blocks = [...repeated(30, [250, 0, 750, 1]), ...outage, ...repeated(30, [250, 0, 750, 1])];
    expect(verdictOf(after(blocks), rule)).not.toBe('Fail');
  });
});

describe('numbers', () => {
  it.each<[string, Counts]>([
    ['huge', [1e9, 1e3, 1e9, 1e3]],
    ['huge, with everything failing', [1e9, 1e9, 1e9, 1e9]],
    ['very unequal', [1, 1, 1e9, 0]],
    ['very unequal the other way', [1e9, 0, 1, 1]],
  ])('stay finite when counts are %s', (_, block) => {
    const { fail, pass } = after(repeated(50, block));
    const all = [fail, pass].flatMap(({ logE, logEMax, v }) => [logE, logEMax, ...v]);
    expect(all.every(Number.isFinite)).toBe(true);
    expect(Math.min(...fail.v, ...pass.v)).toBeGreaterThan(0);
  });
});

describe('scores', () => {
  const alike = { candidate: [40, 30, 20, 10], control: [41, 29, 20, 10] };
  const inverted = { candidate: [10, 0, 0, 90], control: [90, 0, 0, 10] };

  it('of the first block are learned from, and judged by nobody', () => {
    expect(shifted(freshScoreShift(), inverted, 0.5).mixture.blocks).toBe(0);
  });

  it.each([
    ['alike', alike, false],
    ['turned round', inverted, true],
    ['all the same', { candidate: [0, 100, 0, 0], control: [25, 25, 25, 25] }, true],
    ['moved by less than the limit', { candidate: [0, 30, 40, 30], control: [30, 30, 30, 10] }, false],
  ])('that are %s are told apart from the limit', (_, scores, fails) => {
    const test = Array.from({ length: 40 }).reduce<ReturnType<typeof freshScoreShift>>(
      (before) => shifted(before, scores, 0.5),
      freshScoreShift(),
    );
    expect(totalVariation(test.seen) > 0.5).toBe(fails);
    expect(test.mixture.logEMax > Math.log(1000)).toBe(fails);
  });
});
