import { describe, expect, it } from '@jest/globals';
import { scoreQuantiles } from './score-quantiles.js';

describe('the edges of the score bins', () => {
  it('divide the rows into twenty equal parts', () => {
    const scores = Float32Array.from({ length: 200 }, (_, row) => ((row * 77) % 200) / 256);
    expect(scoreQuantiles(scores)).toEqual(Array.from({ length: 19 }, (_, edge) => (edge * 10 + 9) / 256));
  });

  it('are nineteen also of fewer rows', () => {
    const edges = scoreQuantiles(Float32Array.of(0.75, 0.25));
    expect(edges).toEqual([...Array<number>(10).fill(0.25), ...Array<number>(9).fill(0.75)]);
  });
});
