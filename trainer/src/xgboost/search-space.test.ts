import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../seeded-random.js';
import { fixedValues, trials } from './search-space.js';

function first(count: number, seed: number, fixed = {}) {
  const drawn = trials(seededRandom(seed, 'search'), fixed);
  return Array.from({ length: count }, () => drawn.next().value);
}

describe('the trials of a search', () => {
  it('begin with the usual parameters', () => {
    expect(first(1, 7)).toEqual(first(1, 8));
    expect(first(1, 7)[0]).toMatchObject({ eta: 0.05, max_depth: 5 });
  });

  it('are the same for a seed, however many there are', () => {
    expect(first(20, 7).slice(0, 5)).toEqual(first(5, 7));
    expect(first(5, 8)).not.toEqual(first(5, 7));
  });

  it('keep what is fixed, and draw the rest as ever', () => {
    const [free, fixed] = [first(9, 7), first(9, 7, { max_depth: 3 })];
    expect(fixed.every((trial) => trial['max_depth'] === 3)).toBe(true);
    expect(fixed.map((trial) => trial['eta'])).toEqual(free.map((trial) => trial['eta']));
  });

  it('reach from stumps of two levels to deep trees', () => {
    const depths = new Set(first(100, 1).map((trial) => trial['max_depth']));
    expect([...depths].sort()).toEqual([2, 3, 4, 5, 6, 7]);
  });
});

describe('fixed parameters', () => {
  it('are read as numbers, the number of trees apart', () => {
    const fixed = [
      { name: 'eta', value: '0.1' },
      { name: 'num_boost_round', value: '200' },
    ] as const;
    expect(fixedValues(fixed)).toEqual({ parameters: { eta: 0.1 }, rounds: 200 });
  });

  it.each([
    ['eta', '0'],
    ['max_depth', '2.5'],
    ['subsample', '1.1'],
    ['num_boost_round', '0'],
  ] as const)('refuse %s of %s', (name, value) => {
    expect(() => fixedValues([{ name, value }])).toThrow(
      `The parameter ${name} of spec.training.parameters is "${value}"`,
    );
  });
});
