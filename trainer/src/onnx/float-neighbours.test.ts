import { describe, expect, it } from '@jest/globals';
import { floatNeighbours } from './float-neighbours.js';

describe('the neighbours of a float32', () => {
  it.each([
    [1, 1 - 2 ** -24, 1 + 2 ** -23],
    [-1, -1 - 2 ** -23, -1 + 2 ** -24],
    [0, -(2 ** -149), 2 ** -149],
  ])('of %p', (value, below, above) => {
    expect(floatNeighbours(value)).toEqual({ below, above });
  });
});
