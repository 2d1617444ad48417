import type { LeakPolicy } from '@churnops/crds';
import { describe, expect, it, jest } from '@jest/globals';
import type { Column, Table } from '../dataset/table.js';
import { judgeColumns } from './judge-columns.js';

// Hundreds of tables are made: on a busy machine the time limit may only end a hang.
jest.setTimeout(120_000);

/** Uniform numbers in [0, 1) that depend on nothing but the seed (mulberry32). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** The label of a row, and something random, as a cell: a number, a text or null. */
type Cell = (left: boolean, random: () => number, row: number) => number | string | null;

function columnOf(cells: readonly (number | string | null)[]): Column {
  if (cells.some((cell) => typeof cell === 'string')) {
    const dictionary = [...new Set(cells.filter((cell) => typeof cell === 'string'))];
    const positions = new Map(dictionary.map((text, position) => [text, position]));
    const codes = Int32Array.from(cells, (cell) => positions.get(String(cell)) ?? -1);
    return { kind: 'Text', name: 'column', storedAs: 'Text', codes, dictionary, unsupported: false };
  }
  const values = Float64Array.from(cells, (cell) => (typeof cell === 'number' ? cell : Number.NaN));
  return { kind: 'Number', name: 'column', storedAs: 'Number', values };
}

interface Made {
  readonly rows: number;
  readonly share: number;
  readonly seed: number;
  readonly policy?: LeakPolicy;
}

function judged(cell: Cell, { rows, share, seed, policy }: Made) {
  const random = uniform(seed);
  const labels = Float32Array.from({ length: rows }, () => (random() < share ? 1 : 0));
  const column = columnOf(Array.from(labels, (label, row) => cell(label === 1, random, row)));
  const table: Table = { rows, columns: [column] };
  const fold = Uint8Array.from(labels, (_, row) => row % 5);
  const encoding = column.kind === 'Number' ? 'Numeric' : 'Categorical';
  const feature = {
    name: 'column',
    type: encoding,
    storedAs: column.storedAs,
    missingPolicy: 'Allow',
    encoding: { kind: 'Number' },
    offset: 0,
    width: 1,
    missingShare: 0,
  } as const;
  return judgeColumns(table, [feature], { labels, fold }, policy);
}

function kinds(cell: Cell, made: Made): string[] {
  return judged(cell, made).findings.map(({ kind }) => kind);
}

/** Two normal distributions so far apart have this ROC AUC. */
const apart = { '.90': 1.8124, '.97': 2.6599 } as const;

const leaks: readonly (readonly [string, Cell])[] = [
  ['a copy of the label', (left) => (left ? 1 : 0)],
  ['a copy of the label with 0.1 % flips', (left, random) => (left !== random() < 0.001 ? 'yes' : 'no')],
  ['a number that tells the other way round', (left) => (left ? -7.5 : 3)],
  ['a number that is the same for all who left', (left, random) => (left ? 50 : Math.floor(random() * 100) + 0.5)],
  ['a category that encodes it', (left, random) => `${left ? 'gone' : 'here'} ${Math.floor(random() * 40)}`],
  ['a near-copy with ROC AUC .97', (left, random) => normal(random) + (left ? apart['.97'] : 0)],
  ['a column filled only for leavers', (left, random) => (left ? `reason ${Math.floor(random() * 9)}` : null)],
  ['a date filled only for leavers', (left, random) => (left ? 20_000 + Math.floor(random() * 300) : null)],
];

const honest: readonly (readonly [string, Cell])[] = [
  ['a number with ROC AUC .90', (left, random) => normal(random) + (left ? apart['.90'] : 0)],
  [
    'categories with ROC AUC .90',
    (left, random) => `c${Math.floor(2 * normal(random) + (left ? 2 * apart['.90'] : 0))}`,
  ],
];

describe('a column that gives the label away', () => {
  describe.each([2000, 20_000])('in %d rows', (rows) => {
    it.each(leaks)('is found: %s', (_, cell) => {
      for (const share of [0.25, 0.5]) {
        expect(kinds(cell, { rows, share, seed: 7 })).toEqual(['LeakingColumn']);
      }
    });
  });

  it('is found in 200 rows too, when it is a copy', () => {
    expect(kinds((left) => (left ? 1 : 0), { rows: 200, share: 0.2, seed: 7 })).toEqual(['LeakingColumn']);
  });

  it('is only suspected when the rows are too few to be sure', () => {
    const cell: Cell = (left, random) => normal(random) + (left ? apart['.97'] : 0);
    const { findings, excluded } = judged(cell, { rows: 200, share: 0.15, seed: 2 });
    expect(findings.map(({ kind }) => kind)).toEqual(['SuspectColumn']);
    expect(findings[0]?.message).toMatch(/^Column "column" may give the label away: .* ROC AUC 0\.9\d+, lower/);
    expect(excluded.size).toBe(0);
  });
});

describe('a column that does not give the label away', () => {
  it.each(honest)('is not blamed in 200 tables: %s', (_, cell) => {
    const blamed = Array.from({ length: 200 }, (_none, seed) => {
      const rows = 200 + Math.floor((4800 * seed) / 199);
      return kinds(cell, { rows, share: seed % 2 === 0 ? 0.15 : 0.4, seed }).includes('LeakingColumn');
    });
    expect(blamed.filter(Boolean)).toEqual([]);
  });

  it.each<[string, Cell]>([
    ['names each row', (_left, _random, row) => `customer ${row}`],
    ['numbers the rows', (_left, _random, row) => row],
    ['is the same in each row', () => 1],
    ['is empty', () => null],
  ])('has no better figure than chance when it %s', (_, cell) => {
    const figure = judged(cell, { rows: 2000, share: 0.25, seed: 3 }).figures.get('column');
    expect(figure?.auc).toBeGreaterThan(0.4);
    expect(figure?.auc).toBeLessThan(0.6);
  });
});

describe('the figure of a column', () => {
  it.each([
    ['.90', 0.9],
    ['.97', 0.97],
  ] as const)('is the ROC AUC %s that the column has', (name, auc) => {
    const cell: Cell = (left, random) => normal(random) + (left ? apart[name] : 0);
    const figure = judged(cell, { rows: 50_000, share: 0.3, seed: 1 }).figures.get('column');
    expect(figure?.auc).toBeCloseTo(auc, 2);
  });

  it('has a bound that the truth is below in about one table of twenty', () => {
    const cell: Cell = (left, random) => normal(random) + (left ? apart['.90'] : 0);
    const above = Array.from({ length: 300 }, (_, seed) => {
      const figure = judged(cell, { rows: 1500, share: 0.3, seed }).figures.get('column');
      return (figure?.lowerBound ?? 0) > 0.9;
    });
    const share = above.filter(Boolean).length / above.length;
    expect(share).toBeGreaterThan(0.01);
    expect(share).toBeLessThan(0.08);
  });
});

describe('leakPolicy', () => {
  const made = { rows: 2000, share: 0.25, seed: 7 };
  const copy: Cell = (left) => (left ? 1 : 0);

  it('Exclude, the default, leaves the column out with its figure', () => {
    const { excluded, findings } = judged(copy, made);
    expect([...excluded]).toEqual([
      ['column', expect.stringMatching(/gives the label away: .* ROC AUC 1\.0000, lower 95 % bound 0\.99/)],
    ]);
    expect(findings[0]?.message).toMatch(/It is not used\./);
  });

  it('Keep uses the column, and tells of it', () => {
    const { excluded, findings } = judged(copy, { ...made, policy: 'Keep' });
    expect(excluded.size).toBe(0);
    expect(findings[0]).toMatchObject({
      kind: 'LeakingColumn',
      message: expect.stringMatching(/It is used, as leakPolicy Keep/),
    });
  });

  it('Reject refuses the table and names the column with its figure', () => {
    expect(() => judged(copy, { ...made, policy: 'Reject' })).toThrow(
      /^Column "column" \(ROC AUC 1\.0000, lower .*\) gives the label away, and leakPolicy is Reject/,
    );
  });
});
