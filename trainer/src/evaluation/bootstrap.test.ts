import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../seeded-random.js';
import { bootstrap, quantile, samplesFor } from './bootstrap.js';
import { perfectEce95 } from './perfect-ece.js';
import { rankingOf } from './ranking.js';

const ROWS = 200;

/** Honest probabilities between 0.05 and 0.65 with their outcomes. */
function honest(seed: number) {
  const random = seededRandom(seed, 'honest');
  const scores = Float32Array.from({ length: ROWS }, () => 0.05 + 0.6 * random.uniform());
  return { scores, labels: scores.map((each) => (random.uniform() < each ? 1 : 0)) };
}

describe('the bootstrap', () => {
  it('covers the truth in about 95 of 100 samples of customers', () => {
    const covered = Array.from({ length: 100 }, (_, seed) => honest(seed)).filter(({ labels }) => {
      const [low, high] = bootstrap(ROWS, seededRandom(1, 'test'), (weights) => ({
        share: labels.reduce((sum, label, row) => sum + label * (weights[row] ?? 0), 0) / ROWS,
      }))['share'] ?? [1, 0];
      return low <= 0.35 && 0.35 <= high;
    });
    expect(covered.length).toBeGreaterThanOrEqual(88);
    expect(covered.length).toBeLessThanOrEqual(99);
  });

  it('leaves out samples in which a figure has no value', () => {
    let turn = 0;
    const found = bootstrap(10, seededRandom(1, 'test'), () => ({
      odd: turn++ % 2 === 0 ? Number.NaN : 1,
      never: Number.NaN,
    }));
    expect(found).toEqual({ odd: [1, 1] });
  });

  it.each([
    [1_400, 1000],
    [200_000, 500],
    [1_000_000, 200],
  ])('of %i rows draws %i samples', (rows, samples) => {
    expect(samplesFor(rows)).toBe(samples);
  });

  it('has the quantiles of numpy', () => {
    // numpy.quantile([1, 2, 4, 8], [0.025, 0.5, 0.975])
    const values = Float64Array.of(1, 2, 4, 8);
    expect([0.025, 0.5, 0.975].map((share) => quantile(values, share))).toEqual([1.075, 3, 7.699999999999999]);
  });
});

describe('the calibration error of a perfect model', () => {
  it('is exceeded by chance in about 5 of 100 samples of customers', () => {
    const beyond = Array.from({ length: 100 }, (_, seed) => honest(seed)).filter(({ scores, labels }) => {
      const gaps = new Float64Array(10);
      for (const [row, p] of scores.entries()) {
        const bin = Math.floor(p * 10);
        gaps[bin] = (gaps[bin] ?? 0) + (labels[row] ?? 0) - p;
      }
      const error = gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / ROWS;
      return error > perfectEce95(rankingOf(scores, labels), seededRandom(1, 'test'));
    });
    expect(beyond.length).toBeGreaterThan(0);
    expect(beyond.length).toBeLessThanOrEqual(12);
  });
});
