import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../seeded-random.js';
import { judgeSlices } from './slices.js';

const decision = { threshold: 0.5, profit: { leaverGain: 56, stayerCost: 11 } };
const random = seededRandom(3, 'slices');
const table = Array.from({ length: 400 }, (_, row) => ({
  gender: row % 2 === 0 ? 'Female' : 'Male',
  age: row === 7 ? null : 20 + (row % 40),
  town: `t${row % 100}`,
  rare: row < 30 ? 'few' : 'many',
}));
const rows = table.map((_, row) => row);
const labels = Float32Array.from(rows, (row) => (row % 3 === 0 ? 1 : 0));
const scores = Float32Array.from(rows, () => random.uniform());
const data = { rawRow: (row: number) => table[row] ?? {} };

function slices(column: string) {
  return judgeSlices([column], data, { rows, scores, labels }, decision);
}

describe('slices', () => {
  it('judge each value of a column apart', () => {
    const found = slices('gender');
    expect(found.map(({ value, rows: count, positives }) => [value, count, positives])).toEqual([
      ['Female', 200, 67],
      ['Male', 200, 67],
    ]);
    const women = rows.filter((row) => row % 2 === 0);
    const flagged = women.filter((row) => (scores[row] ?? 0) >= 0.5).length;
    expect(found[0]?.flaggedShare).toBe(flagged / 200);
    expect(found[0]?.metrics?.['RocAUC']).toBeGreaterThan(0.3);
  });

  it('are quarters of a number with many values, and the rows without one', () => {
    expect(slices('age').map(({ value, rows: count }) => [value, count])).toEqual([
      ['(missing)', 1],
      ['above 30 up to 40', 100],
      ['above 40 up to 50', 100],
      ['above 50', 90],
      ['up to 30', 109],
    ]);
  });

  it('put rare values together', () => {
    const found = slices('town');
    expect(found).toHaveLength(13);
    expect(found.find(({ value }) => value === '(others)')?.rows).toBe(400 - 12 * 4);
  });

  it('only count rows that are too few to judge', () => {
    expect(slices('rare').map(({ rows: count, metrics }) => [count, metrics === undefined])).toEqual([
      [30, true],
      [370, false],
    ]);
  });
});
