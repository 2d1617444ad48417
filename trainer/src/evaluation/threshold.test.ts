import { Decision } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { chooseThreshold } from './threshold.js';

const scores = Float32Array.of(0.9, 0.7, 0.31, 0.2, 0.1);
const labels = Float32Array.of(1, 1, 0, 0, 0);

describe('the threshold', () => {
  it('lies between the scores on both sides of the best F1', () => {
    expect(chooseThreshold(Decision.parse({}), scores, labels)).toBe(0.505);
  });

  it('is the given one with Fixed', () => {
    const decision = Decision.parse({ thresholdPolicy: 'Fixed', fixedThreshold: '0.3' });
    expect(chooseThreshold(decision, scores, labels)).toBe(0.3);
  });

  it.each(['0', '1', '1.5', 'x', undefined])('refuses %s', (text) => {
    const fixed = text === undefined ? {} : { fixedThreshold: text };
    const decision = { ...Decision.parse({}), thresholdPolicy: 'Fixed', ...fixed } as const;
    expect(() => chooseThreshold(decision, scores, labels)).toThrow('above 0 and below 1');
  });

  it.each([
    [20, 0.8, 'between the highest two'],
    [60, 0.255, 'below the third'],
    [50, 0.505, 'for the nearest number of rows'],
    [99, 0.05, 'below all'],
  ])('lets %i %% of the rows count with TopFraction: %d, %s', (topFractionPercent, threshold) => {
    const decision = Decision.parse({ thresholdPolicy: 'TopFraction', topFractionPercent });
    expect(chooseThreshold(decision, scores, labels)).toBeCloseTo(threshold, 4);
  });

  it('does not part rows with equal scores', () => {
    const decision = Decision.parse({ thresholdPolicy: 'TopFraction', topFractionPercent: 40 });
    const tied = Float32Array.of(0.9, 0.5, 0.5, 0.5, 0.5);
    expect(chooseThreshold(decision, tied, labels)).toBe(0.7);
  });

  it.each([
    // (10 + 1) / (0.3 * 190 + 10)
    [{}, 0.1642],
    [{ contactCost: '0', offerCost: '0' }, 0.0001],
    [{ acceptanceProbability: '1', customerValue: '110' }, 0.1],
  ])('lies where an offer begins to pay with MaximumProfit and %j', (profit, threshold) => {
    const decision = Decision.parse({ thresholdPolicy: 'MaximumProfit', profit });
    expect(chooseThreshold(decision, scores, labels)).toBe(threshold);
  });

  it('brings no less on honest probabilities than any other threshold', () => {
    const decision = Decision.parse({ thresholdPolicy: 'MaximumProfit' });
    const chosen = chooseThreshold(decision, scores, labels);
    const gain = (p: number) => p * (0.3 * 190 - 1) - (1 - p) * 11;
    expect(gain(chosen - 1e-4)).toBeLessThan(0);
    expect(gain(chosen + 1e-4)).toBeGreaterThan(0);
  });

  it('refuses figures with which no offer ever pays', () => {
    const decision = Decision.parse({ thresholdPolicy: 'MaximumProfit', profit: { customerValue: '10' } });
    expect(() => chooseThreshold(decision, scores, labels)).toThrow('No offer ever pays');
  });
});
