import { describe, expect, it } from '@jest/globals';
import { checkParity } from './check-parity.js';

describe('the parity check', () => {
  it.each([
    ['a difference', [0.5, 0.2], [0.5, 0.21]],
    ['an answer that is no number', [0.5, 0.2], [0.5, Number.NaN]],
  ])('refuses %s', (_, native, graph) => {
    expect(() => checkParity(Float32Array.from(native), Float32Array.from(graph), 0.9)).toThrow('does not answer');
  });

  it('accepts rounding beside the threshold', () => {
    expect(checkParity(Float32Array.of(0.300001), Float32Array.of(0.299999), 0.3).rows).toBe(1);
  });
});
