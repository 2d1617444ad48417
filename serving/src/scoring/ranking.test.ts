import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Probabilities } from './ranking.js';

function ranksOf(values: readonly number[]): number[] {
  const probabilities = new Probabilities();
  probabilities.push(Float64Array.from(values));
  return [...probabilities.ranks()];
}

describe('ranks', () => {
  it('number customers from the likeliest to leave on', () => {
    expect(ranksOf([0.2, 0.9, 0, 1, 0.5])).toEqual([4, 2, 5, 1, 3]);
  });

  it('keep the order of the list among equal probabilities', () => {
    expect(ranksOf([0.5, 0.7, 0.5, 0.7])).toEqual([3, 1, 4, 2]);
  });

  it('are none of an empty list', () => {
    expect(ranksOf([])).toEqual([]);
  });

  it('are those of a stable sort, for any list', () => {
    const probability = fc.float({ min: 0, max: 1, noNaN: true }).map((value) => Math.abs(value));
    fc.assert(
      fc.property(fc.array(probability), (values) => {
        const order = values.map((value, row) => ({ value, row })).sort((one, other) => other.value - one.value);
        const expected = values.map((_, row) => order.findIndex((entry) => entry.row === row) + 1);
        expect(ranksOf(values)).toEqual(expected);
      }),
    );
  });

  it('are there for more customers than the first block of memory holds', () => {
    const many = Array.from({ length: 10_000 }, (_, row) => row / 10_000);
    expect(ranksOf(many)[0]).toBe(10_000);
    expect(ranksOf(many)[9_999]).toBe(1);
  });
});
