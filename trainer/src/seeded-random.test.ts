import { describe, expect, it } from '@jest/globals';
import { seededRandom } from './seeded-random.js';

describe('seeded random numbers', () => {
  it('repeat with the seed and the purpose, and with nothing else', () => {
    const draws = (seed: number, purpose: string) => {
      const random = seededRandom(seed, purpose);
      return Array.from({ length: 20 }, () => random.below(1000));
    };
    expect(draws(1, 'a')).toEqual(draws(1, 'a'));
    expect(draws(2, 'a')).not.toEqual(draws(1, 'a'));
    expect(draws(1, 'b')).not.toEqual(draws(1, 'a'));
  });

  it('are spread evenly', () => {
    const random = seededRandom(1, 'even');
    const counts = new Uint32Array(16);
    for (let draw = 0; draw < 160_000; draw++) {
      const bin = random.below(16);
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    const chiSquared = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    // 99.9 % quantile of chi-squared with 15 degrees of freedom.
    expect(chiSquared).toBeLessThan(37.7);
  });
});
