import { describe, expect, it } from '@jest/globals';
import { tenCustomers } from '../fixtures/ten-customers.js';
import { probabilityBins } from './probability-bins.js';

describe('the bins of probabilities', () => {
  it('count rows and leavers with their mean probability', () => {
    // A bit above each edge, since float32 values fall on either side of it.
    const scores = Float32Array.from([0.1, 0.2, 0.6, 0.9, 0.3, 0.7, 0.8, 0.6, 0.2, 0.1], (score) => score + 1e-6);
    const bins = probabilityBins(scores, Float32Array.from([0, 0, 1, 1, 1, 0, 1, 0, 0, 0]));
    for (const [index, bin] of bins.entries()) {
      const expected = tenCustomers.bins[index];
      expect([bin.rows, bin.positives]).toEqual([expected?.rows, expected?.positives]);
      expect(bin.meanProbability).toBeCloseTo(expected?.meanProbability ?? -1, 5);
    }
  });

  it('have the ends of the scale', () => {
    const bins = probabilityBins(Float32Array.of(0, 1), Float32Array.of(0, 1));
    expect([bins.at(0), bins.at(-1)]).toEqual([
      { rows: 1, positives: 0, meanProbability: 0 },
      { rows: 1, positives: 1, meanProbability: 1 },
    ]);
  });
});
