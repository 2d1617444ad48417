import type { Feature } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import type { PreparedData } from '../dataset/prepared-data.js';
import { chooseGoldenRows, goldenCandidates } from './golden-rows.js';

const feature: Feature = {
  name: 'spend',
  type: 'Numeric',
  storedAs: 'Number',
  missingPolicy: 'Allow',
  encoding: { kind: 'Number' },
  offset: 0,
  width: 1,
  missingShare: 0,
};

/** One feature, missing in every hundredth row; the key is no feature. */
function prepared(rows: number, text = ''): PreparedData {
  const matrix = Float32Array.from({ length: rows }, (_, row) => (row % 100 === 99 ? Number.NaN : row));
  return {
    identity: { uri: 'file:///table.csv', format: 'Csv', bytes: 1, sha256: '0'.repeat(64) },
    columns: [],
    features: [feature, { ...feature, name: 'note', offset: 0 }],
    target: { label: 'churn', positiveLabel: 'Yes', excludeLabels: [] },
    rows,
    excludedRows: 0,
    duplicateRows: 0,
    width: 1,
    matrix,
    labels: new Float32Array(rows),
    side: new Uint8Array(rows),
    fold: new Uint8Array(rows),
    warnings: [],
    report: { findings: [], columns: [] },
    rawRow: (row) => ({ key: `c${row}`, spend: row % 100 === 99 ? null : row, note: text }),
  };
}

/** The higher the row, the more likely it leaves. */
function scored(rows: number) {
  const all = Array.from({ length: rows }, (_, row) => row);
  return { rows: all, scores: Float32Array.from(all, (row) => row / rows) };
}

describe('golden rows', () => {
  it('span all probabilities, with missing values among them', () => {
    const rows = chooseGoldenRows(prepared(5000), scored(5000));
    const probabilities = rows.map(({ probability }) => probability);
    expect(rows).toHaveLength(64);
    expect(new Set(probabilities).size).toBe(64);
    expect(Math.min(...probabilities)).toBe(0);
    expect(Math.max(...probabilities)).toBeGreaterThan(0.999);
    expect(rows.filter(({ row }) => row['spend'] === null).length).toBeGreaterThanOrEqual(8);
  });

  it('are the same for the same data', () => {
    expect(chooseGoldenRows(prepared(900), scored(900))).toEqual(chooseGoldenRows(prepared(900), scored(900)));
  });

  it('hold the columns of features only', () => {
    expect(Object.keys(chooseGoldenRows(prepared(200), scored(200))[0]?.row ?? {})).toEqual(['spend', 'note']);
  });

  it('are chosen from some rows of a large table, with rare missing values among them', () => {
    const data = prepared(1_000_000);
    for (let row = 0; row < 1_000_000; row += 1) data.matrix[row] = row === 77_777 ? Number.NaN : row;
    const candidates = goldenCandidates(data);
    expect(candidates.length).toBeLessThan(21_000);
    expect(candidates).toContain(77_777);
    expect(Math.max(...candidates)).toBeGreaterThan(999_000);
    expect(goldenCandidates(prepared(900))).toHaveLength(900);
  });

  it('are all rows of a small table', () => {
    expect(chooseGoldenRows(prepared(10), scored(10))).toHaveLength(10);
  });

  it.each([
    ['long', 'x'.repeat(9000), 16],
    ['long and not of ASCII', '\u5ba2'.repeat(9000), 4],
    ['longer than a ConfigMap', 'x'.repeat(900_000), 1],
  ])('are fewer when their texts are %s, and still span all probabilities', (_, text, count) => {
    const rows = chooseGoldenRows(prepared(1000, text), scored(1000));
    expect(rows).toHaveLength(count);
    const probabilities = rows.map(({ probability }) => probability);
    if (count > 1) expect(Math.max(...probabilities)).toBeGreaterThan(0.99);
  });
});
