import { describe, expect, it } from '@jest/globals';
import { exactProbabilities } from './exact-probabilities.js';
import type { Tree } from './xgboost-model.js';

/** One split of column 1; the split value is a float32 that JSON spells in decimals. */
function stump(split: number, [left, right]: readonly [number, number], defaultLeft: 0 | 1): Tree {
  return {
    left_children: [1, -1, -1],
    right_children: [2, -1, -1],
    split_indices: [1, 0, 0],
    split_conditions: [split, left, right],
    split_type: [0, 0, 0],
    default_left: [defaultLeft, 0, 0],
    sum_hessian: [2, 1, 1],
  };
}

const logistic = (margin: number) => 1 / (1 + Math.exp(-margin));

describe('the exact probability of a row', () => {
  it.each([
    ['goes left strictly below the split', 0, 0.25, -1],
    ['goes right at the split', 1, 0.3, 2],
    ['goes left with a missing value when the tree does', 1, Number.NaN, -1],
    ['goes right with a missing value when the tree does', 0, Number.NaN, 2],
  ] as const)('%s', (_, defaultLeft, value, leaf) => {
    const model = { baseMargin: -0.5, trees: [stump(0.3, [-1, 2], defaultLeft)] };
    const rows = Float32Array.of(9, 0.1, 9, value);
    expect([...exactProbabilities(model, rows, 2)]).toEqual([logistic(-1.5), logistic(leaf - 0.5)]);
  });

  it('counts weights that a float32 sum would lose', () => {
    const weight = 2 ** -26;
    const trees = Array.from({ length: 4096 }, () => stump(0, [weight, weight], 1));
    const [probability] = exactProbabilities({ baseMargin: 1, trees }, Float32Array.of(0, 0), 2);
    expect(probability).toBe(logistic(1 + 2 ** -14));
  });
});
