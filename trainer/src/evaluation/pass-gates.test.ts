import type { Gate } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { judge } from './judge.js';
import { gateSentence, passGates } from './pass-gates.js';

const figures = {
  ...judge(Float32Array.of(0.1, 0.4, 0.35, 0.8), Float32Array.of(0, 0, 1, 1), 0.5),
  RocAUC: 0.58,
  CalibrationZ: -5,
};

describe('gates', () => {
  it.each([
    ['fails below its minimum', { metric: 'RocAUC', minValue: '0.60' }, 'RocAUC 0.5800 is below minValue 0.60'],
    [
      'fails above its maximum by absolute value',
      { metric: 'CalibrationZ', maxValue: '4' },
      'CalibrationZ 5.0000 is above maxValue 4',
    ],
  ] satisfies [string, Gate, string][])('a gate %s', (_, gate, sentence) => {
    expect(
      passGates([gate], figures)
        .filter((judged) => !judged.passed)
        .map(gateSentence),
    ).toEqual([sentence]);
  });

  it('passes at its bound', () => {
    expect(passGates([{ metric: 'RocAUC', minValue: '0.58' }], figures)[0]?.passed).toBe(true);
  });
});
