import { describe, expect, it } from '@jest/globals';
import { tenCustomers } from '../fixtures/ten-customers.js';
import { binomialBand, calibrationGroups, isotonicSteps, isWithinBand } from './calibration.js';

describe('the band of a perfect model', () => {
  // Quantiles of the binomial distribution from its exact sums.
  it.each([
    [10, 0.5, 2, 8],
    [100, 0.1, 5, 16],
    [20, 0.02, 0, 2],
    [1000, 0.3, 272, 329],
    [1_000_000, 0.001, 939, 1062],
    [7, 0, 0, 0],
    [7, 1, 7, 7],
  ])('of %d customers with probability %d is from %d to %d leavers', (cases, probability, low, high) => {
    const band = binomialBand(cases, probability).map((share) => Math.round(share * cases));
    expect(band).toEqual([low, high]);
  });
});

describe('calibration groups', () => {
  it('are tenths of the probability with their customers, without the empty ones', () => {
    const groups = calibrationGroups(tenCustomers).map(({ from, rows, positives }) => [from, rows, positives]);
    expect(groups).toEqual([
      [0.1, 2, 0],
      [0.2, 2, 0],
      [0.3, 1, 1],
      [0.6, 2, 1],
      [0.7, 1, 0],
      [0.8, 1, 1],
      [0.9, 1, 1],
    ]);
  });

  it.each([
    [30, true],
    [60, false],
    [10, false],
  ])('of 100 customers with probability 0.3 of whom %d left lie within the band: %s', (positives, isWithin) => {
    const bins = [{ rows: 100, positives, meanProbability: 0.3 }, ...tenCustomers.bins.slice(1)];
    const [group] = calibrationGroups({ bins });
    expect(group && isWithinBand(group)).toBe(isWithin);
  });
});

describe('the best rising steps', () => {
  it('pool groups whose shares would fall', () => {
    expect(isotonicSteps(tenCustomers)).toEqual([
      { from: 0.1, to: 0.3, share: 0 },
      { from: 0.3, to: 0.8, share: 0.5 },
      { from: 0.8, to: 0.9, share: 1 },
    ]);
  });
});
