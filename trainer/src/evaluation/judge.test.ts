import { describe, expect, it } from '@jest/globals';
import { knownRows } from '../fixtures/known-rows.js';
import { judge } from './judge.js';

const { scores, labels } = knownRows();
const decision = { threshold: 0.35, profit: { leaverGain: 56, stayerCost: 11 } };

describe('the judgement', () => {
  it('is the same for the same seed, and nearly so for another', () => {
    const [first, second, other] = [42, 42, 43].map((seed) => judge(scores, labels, decision, seed));
    expect(second).toEqual(first);
    expect(other).not.toEqual(first);
    expect(other?.intervals['RocAUC']?.[0]).toBeCloseTo(first?.intervals['RocAUC']?.[0] ?? 0, 2);
  });

  it('has an interval around every figure', () => {
    const { metrics, intervals } = judge(scores, labels, decision, 42);
    const { ECEPerfect95, ECE, ...figures } = metrics;
    for (const [name, value] of Object.entries(figures)) {
      const [low, high] = intervals[name] ?? [Number.NaN, Number.NaN];
      expect([name, low < value, value < high]).toEqual([name, true, true]);
    }
    // Few rows in a sample of rows add to the error, so that its interval may begin above the figure itself.
    expect(intervals['ECE']?.[1]).toBeGreaterThan(ECE);
    expect(ECEPerfect95).toBeLessThan(ECE);
  });

  it('has intervals of the width that theory tells', () => {
    const { intervals, metrics } = judge(scores, labels, decision, 42);
    const [low, high] = intervals['Accuracy'] ?? [0, 0];
    const expected = 2 * 1.96 * Math.sqrt((metrics.Accuracy * (1 - metrics.Accuracy)) / labels.length);
    expect((high - low) / expected).toBeGreaterThan(0.9);
    expect((high - low) / expected).toBeLessThan(1.1);
  });
});
