import { describe, expect, it } from '@jest/globals';
import { chooseThreshold } from './threshold.js';

const scores = Float32Array.of(0.9, 0.7, 0.31, 0.2, 0.1);
const labels = Float32Array.of(1, 1, 0, 0, 0);

describe('the threshold', () => {
  it('lies between the scores on both sides of the best F1', () => {
    expect(chooseThreshold({ thresholdPolicy: 'MaximumF1' }, scores, labels)).toBe(0.505);
  });

  it('is the given one with Fixed', () => {
    expect(chooseThreshold({ thresholdPolicy: 'Fixed', fixedThreshold: '0.3' }, scores, labels)).toBe(0.3);
  });

  it.each(['0', '1', '1.5', 'x', undefined])('refuses %s', (text) => {
    const decision = { thresholdPolicy: 'Fixed', ...(text === undefined ? {} : { fixedThreshold: text }) } as const;
    expect(() => chooseThreshold(decision, scores, labels)).toThrow('above 0 and below 1');
  });
});
