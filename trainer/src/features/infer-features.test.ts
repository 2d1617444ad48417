import { TrainingInput, type FeatureOverride } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import type { Column, Table } from '../dataset/table.js';
import { encodeTable } from './encode.js';
import { inferFeatures } from './infer-features.js';

function textColumn(name: string, cells: readonly (string | null)[]): Column {
  const dictionary = [...new Set(cells.filter((cell) => cell !== null))];
  const codes = Int32Array.from(cells, (cell) => (cell === null ? -1 : dictionary.indexOf(cell)));
  return { kind: 'Text', name, storedAs: 'Text', codes, dictionary, unsupported: false };
}

const table: Table = {
  rows: 4,
  columns: [
    { kind: 'Number', name: 'zone', storedAs: 'Number', values: Float64Array.of(3, 1, 3, 2) },
    textColumn('plan', ['gold', 'basic', null, 'gold']),
    textColumn('since', ['2026-01-02', '2026-01-03', '2026-01-02', '2026-01-02']),
    textColumn('customer', ['a1', 'a2', 'a3', 'a4']),
  ],
};

function encoded(...features: readonly FeatureOverride[]) {
  const input = TrainingInput.parse({
    data: {
      uri: 'file:///table.csv',
      format: 'Csv',
      s3: { endpoint: '', region: '', forcePathStyle: true },
      label: 'churn',
      excludeLabels: [],
      excludeColumns: [],
    },
    features,
    seed: 1,
    gates: [],
    decision: { thresholdPolicy: 'MaximumF1' },
  });
  const inferred = inferFeatures(table, input);
  const matrix = encodeTable(table, inferred.features, inferred.width);
  return {
    ...inferred,
    column: (offset: number) => Array.from(matrix).filter((_, i) => i % inferred.width === offset),
  };
}

describe('a feature that the user describes', () => {
  it('has the given type', () => {
    const { features, column } = encoded({ name: 'zone', type: 'Categorical', missingPolicy: 'Allow' });
    expect(features[0]).toMatchObject({
      type: 'Categorical',
      encoding: { kind: 'OneHot', categories: ['3', '1', '2'] },
    });
    expect(column(0)).toEqual([1, 0, 1, 0]);
  });

  it('is used although it would be dropped', () => {
    const { columns } = encoded({ name: 'customer', type: 'Categorical', missingPolicy: 'Allow' });
    expect(columns.at(-1)).toEqual({ name: 'customer', storedAs: 'Text', role: 'Feature', reason: '' });
    expect(encoded().columns.at(-1)).toMatchObject({ role: 'Dropped' });
  });

  it('may be any two texts as a boolean', () => {
    const { features, column } = encoded({ name: 'plan', type: 'Boolean', missingPolicy: 'Allow' });
    expect(features[1]?.encoding).toEqual({ kind: 'Boolean', trueValue: 'gold', falseValue: 'basic' });
    expect(column(1)).toEqual([1, 0, Number.NaN, 1]);
  });

  it('carries its missing policy, with the inferred type', () => {
    const { features } = encoded({ name: 'plan', missingPolicy: 'Reject' });
    expect(features.map(({ missingPolicy }) => missingPolicy)).toEqual(['Allow', 'Reject', 'Allow']);
    expect(features[1]?.type).toBe('Categorical');
  });

  it.each([
    ['plan', 'Numeric', /^Column "plan" has a value that is not a number, so it can't be of type Numeric/],
    ['plan', 'Date', /^Column "plan" has a value that is not a date .* type Date/],
    ['zone', 'Date', /^Column "zone" has a value that is not string, so it can't be of type Date/],
    ['zone', 'Boolean', /^Column "zone" has 3 different values, so it can't be of type Boolean/],
  ] as const)('%s is refused as %s', (name, type, message) => {
    const problem = expect.objectContaining({ reason: 'DataInvalid', message: expect.stringMatching(message) });
    expect(() => encoded({ name, type, missingPolicy: 'Allow' })).toThrow(problem);
  });

  it('must be a column of the table', () => {
    expect(() => encoded({ name: 'plann', missingPolicy: 'Allow' })).toThrow(/no column "plann".*did you mean "plan"/);
  });
});
