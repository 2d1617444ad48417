import type { Gate } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { knownRows } from '../fixtures/known-rows.js';
import { judgePlainly } from './judge.js';
import { gateSentence, passGates } from './pass-gates.js';

const { scores, labels } = knownRows();
const decision = { threshold: 0.35, profit: { leaverGain: 56, stayerCost: 11 } };
const figures = { ...judgePlainly(scores, labels, decision), RocAUC: 0.58, CalibrationZ: -5 };

describe('gates', () => {
  it.each([
    ['fails below its minimum', { metric: 'RocAUC', minValue: '0.60' }, 'RocAUC 0.5800 is below minValue 0.60'],
    [
      'fails above its maximum by absolute value',
      { metric: 'CalibrationZ', maxValue: '4' },
      'CalibrationZ 5.0000 is above maxValue 4',
    ],
  ] satisfies [string, Gate, string][])('a gate %s', (_, gate, sentence) => {
    const failed = passGates([gate], figures).filter((judged) => !judged.passed);
    expect(failed.map(gateSentence)).toEqual([sentence]);
  });

  it('passes at its bound', () => {
    expect(passGates([{ metric: 'RocAUC', minValue: '0.58' }], figures)[0]?.passed).toBe(true);
  });

  it('passes without a revision to compare with', () => {
    const gate = { metric: 'RocAUC', minChange: '-0.01' } as const;
    expect(passGates([gate], figures)).toEqual([{ ...gate, value: 0.58, passed: true }]);
  });

  it.each([
    [[-0.03, -0.011], false],
    [[-0.03, -0.009], true],
  ] as const)('of a change fails only when the whole interval %j is below', (interval, passed) => {
    const comparison = { current: { RocAUC: 0.6 }, change: { RocAUC: -0.02 }, intervals: { RocAUC: [...interval] } };
    const [judged] = passGates([{ metric: 'RocAUC', minChange: '-0.01' }], figures, {
      ...comparison,
      intervals: { RocAUC: [interval[0], interval[1]] },
    });
    expect(judged).toMatchObject({ passed, current: 0.6, change: -0.02, changeInterval: interval });
  });
});
