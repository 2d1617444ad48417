import { describe, expect, it } from '@jest/globals';
import { scoreBins } from './score-bins.js';

describe('the bin of a probability', () => {
  it.each([
    [0, 0],
    [0.0499, 0],
    [0.05, 1],
    [0.5, 10],
    [0.999, 19],
    [1, 19],
  ])('of equal width: %d', (probability, bin) => {
    expect(scoreBins({})(probability)).toBe(bin);
  });

  it('lies between the quantiles of the artifact', () => {
    const scoreQuantiles = Array.from({ length: 19 }, (_, edge) => ((edge + 1) / 20) ** 3);
    const bin = scoreBins({ scoreQuantiles });
    const middles = Array.from({ length: 20 }, (_, each) => ((each + 0.5) / 20) ** 3);
    expect(middles.map(bin)).toEqual(middles.map((_, each) => each));
  });
});
