import type { Feature } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { textAt, type Column, type Table } from '../dataset/table.js';
import { rowContents } from './row-contents.js';

function numbers(name: string, values: readonly number[]): Column {
  return { kind: 'Number', name, storedAs: 'Number', values: Float64Array.from(values) };
}

const dictionary = ['yes', ' yes', 'no', '', ' '];

function texts(name: string, codes: readonly number[]): Column {
  return { kind: 'Text', name, storedAs: 'Text', codes: Int32Array.from(codes), dictionary, unsupported: false };
}

function featureOf({ name, storedAs }: Column): Feature {
  const numeric = { type: 'Numeric', missingPolicy: 'Allow', encoding: { kind: 'Number' } } as const;
  return { name, storedAs, ...numeric, offset: 0, width: 1, missingShare: 0 };
}

function contentsOf(table: Table) {
  return rowContents(table, table.columns.map(featureOf));
}

const cell = fc.record({
  number: fc.constantFrom(0, -0, 1, 2 ** 40, 0.1, Number.NaN),
  code: fc.integer({ min: -1, max: dictionary.length - 1 }),
});

describe('the contents of rows', () => {
  it('are equal for rows whose cells have equal texts, and for no others', () => {
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 50 }), (cells) => {
        const columns = [
          numbers(
            'n',
            cells.map(({ number }) => number),
          ),
          texts(
            't',
            cells.map(({ code }) => code),
          ),
        ];
        const { contentOf, count, keyOf } = contentsOf({ rows: cells.length, columns });
        const spelled = cells.map((_, row) => JSON.stringify(columns.map((column) => textAt(column, row) ?? null)));
        expect(count).toBe(new Set(spelled).size);
        expect(new Set(spelled.map((text, row) => `${text} ${contentOf[row] ?? -1}`)).size).toBe(count);
        expect(new Set(Array.from(contentOf, keyOf)).size).toBe(count);
      }),
    );
  });

  it('have keys that no other row of the table changes, by which rows stay on their side from release to release', () => {
    const alone = contentsOf({ rows: 1, columns: [numbers('n', [3.5]), texts('t', [1])] });
    const among = contentsOf({ rows: 3, columns: [numbers('n', [1, 3.5, 3.5]), texts('t', [0, 0, 1])] });
    expect([among.keyOf(among.contentOf[1] ?? 0), among.count]).toEqual([alone.keyOf(0), 2]);
    expect(alone.keyOf(0)).toBe('w5v9Hwlj9FuaDnW70Es9A9dQX78jGrhqEqzATVzg4WA=');
  });
});
