import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compared, freshComparison } from './comparison.js';
import type { Comparison } from './comparison.js';
import { freshLimitTest, limited } from './limit-test.js';
import { freshScoreShift, shifted } from './score-shift.js';

/** Each request fails with its own probability. */
const share = fc.double({ min: 0, max: 1, noNaN: true });
const group = fc.array(share, { minLength: 1, maxLength: 7 });
const margins = { failMargin: 0.02, passMargin: 0.05, capLog: Math.log(30) };

/** The chance of each number of failures. */
function chances(shares: readonly number[]): readonly number[] {
  return shares.reduce(
    (before, p) => [...before, 0].map((chance, x) => chance * (1 - p) + (before[x - 1] ?? 0) * p),
    [1],
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The mean of a wealth over everything that may come of one block. */
function expected(candidate: readonly number[], control: readonly number[], logE: (x: number, y: number) => number) {
  const all = chances(candidate).flatMap((p, x) => chances(control).map((q, y) => p * q * Math.exp(logE(x, y))));
  return all.reduce((sum, part) => sum + part, 0);
}

/** A comparison that has seen something, so that its bets are not those of the start. */
const earlier: fc.Arbitrary<Comparison> = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 200 }), share, fc.integer({ min: 1, max: 200 }), share), { maxLength: 4 })
  .map((blocks) =>
    blocks.reduce((comparison, [nc, pc, ns, ps]) => {
      const block = { candidate: { n: nc, x: Math.floor(nc * pc) }, control: { n: ns, x: Math.floor(ns * ps) } };
      return compared(comparison, block, margins);
    }, freshComparison()),
  );

describe('a bet on one block, whatever was seen before', () => {
  const grown = (before: Comparison, nc: number, ns: number) => (xc: number, xs: number) => {
    const block = { candidate: { n: nc, x: xc }, control: { n: ns, x: xs } };
    const after = compared(before, block, margins);
    return { fail: after.fail.logE - before.fail.logE, pass: after.pass.logE - before.pass.logE };
  };

  it('gains nothing on average for a Fail while the candidate is not worse than the margin', () => {
    const check = fc.property(earlier, group, group, (before, candidate, control) => {
      fc.pre(mean(candidate) <= mean(control) + margins.failMargin);
      const wealth = grown(before, candidate.length, control.length);
      expect(expected(candidate, control, (x, y) => wealth(x, y).fail)).toBeLessThanOrEqual(1 + 1e-9);
    });
    fc.assert(check, { numRuns: 300 });
  });

  it('gains nothing on average for a Pass while the candidate is worse than the margin', () => {
    const check = fc.property(earlier, group, group, (before, candidate, control) => {
      fc.pre(mean(candidate) >= mean(control) + margins.passMargin);
      const wealth = grown(before, candidate.length, control.length);
      expect(expected(candidate, control, (x, y) => wealth(x, y).pass)).toBeLessThanOrEqual(1 + 1e-9);
    });
    fc.assert(check, { numRuns: 300 });
  });

  it('gains nothing on average against a limit that is kept', () => {
    const check = fc.property(group, fc.double({ min: 0.01, max: 0.9, noNaN: true }), (shares, maxShare) => {
      fc.pre(mean(shares) <= maxShare);
      const wealth = (x: number) => {
        return limited(freshLimitTest(), { n: shares.length, x }, { maxShare, capLog: Infinity }).mixture.logE;
      };
      expect(expected(shares, [], wealth)).toBeLessThanOrEqual(1 + 1e-9);
    });
    fc.assert(check, { numRuns: 300 });
  });

  it('gains nothing on average while scores lie no further apart than the limit', () => {
    const limit = 0.3;
    const bins = fc.array(fc.nat({ max: 20 }), { minLength: 2, maxLength: 2 });
    const check = fc.property(bins, bins, group, group, (c, s, candidate, control) => {
      // Of two bins one or none is chosen: the difference of shares is the total variation.
      fc.pre(Math.abs(mean(candidate) - mean(control)) <= limit && c.some(Boolean) && s.some(Boolean));
      const before = shifted(freshScoreShift(), { candidate: c, control: s }, limit);
      const wealth = (x: number, y: number) => {
        const scores = { candidate: [x, candidate.length - x], control: [y, control.length - y] };
        return shifted(before, scores, limit).mixture.logE;
      };
      expect(expected(candidate, control, wealth)).toBeLessThanOrEqual(1 + 1e-9);
    });
    fc.assert(check, { numRuns: 300 });
  });
});
