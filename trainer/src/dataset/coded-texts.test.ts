import type { DuckDBConnection } from '@duckdb/node-api';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { codeTexts } from './coded-texts.js';
import type { TablePlan } from './column-plan.js';
import { withDatabase } from './database.js';

type Cells = readonly (string | null)[];

/** What a column is answered with, and the plan that asked for it. */
interface Answer {
  /** Positions in the dictionary, or texts where there is none. */
  readonly cells: readonly unknown[];
  readonly dictionary: readonly string[] | undefined;
}

async function answers(connection: DuckDBConnection, plan: TablePlan): Promise<Answer[]> {
  const coded = await codeTexts(connection, plan);
  const expressions = coded.columns.map((column) => (column.kind === 'Unsupported' ? 'NULL' : column.expression));
  const reader = await connection.runAndReadAll(`SELECT ${expressions.join(', ')} FROM ${coded.from}`);
  return reader.getColumns().map((cells, index) => {
    const column = coded.columns[index];
    return { cells, dictionary: column?.kind === 'Text' ? column.dictionary : undefined };
  });
}

function plan(from: string, expressions: readonly string[], rows: number): TablePlan {
  const columns = expressions.map((expression) => ({ kind: 'Text', name: expression, expression }) as const);
  return { from, rows, columns };
}

/** Codes a table of one column. */
async function coded(connection: DuckDBConnection, cells: Cells): Promise<Answer> {
  await connection.run('CREATE OR REPLACE TABLE customers (place INTEGER, town VARCHAR)');
  const appender = await connection.createAppender('customers');
  for (const [place, cell] of cells.entries()) {
    appender.appendInteger(place);
    if (cell === null) appender.appendNull();
    else appender.appendVarchar(cell);
    appender.endRow();
  }
  appender.closeSync();
  const from = '(SELECT * FROM customers ORDER BY place)';
  const [answer] = await answers(connection, plan(from, ['town'], cells.length));
  if (answer === undefined) throw new Error('No column came back');
  return answer;
}

/** The texts that codes stand for. */
function decoded({ cells, dictionary }: Answer): readonly unknown[] {
  return dictionary === undefined ? cells : cells.map((code) => (code === null ? null : dictionary[Number(code)]));
}

const text = fc.oneof(
  fc.constantFrom('', ' ', 'null', 'NULL', "it's", '"', "''", '\\', 'a', 'A', 'ä', 'a\u0308', '0', '00', 'a\nb', '😀'),
  fc.string({ unit: 'grapheme' }),
);
const column = fc.array(fc.option(text), { minLength: 1, maxLength: 40 });

/** Columns made by SQL from the number of the row, each by itself and all in one table. */
function numbered(rows: number, expressions: readonly string[]): Promise<Answer[]> {
  return withDatabase([], (connection) => answers(connection, plan(`range(${rows}) AS t(row)`, expressions, rows)));
}

describe('texts as codes', () => {
  it('stand for the very texts, whatever they are', async () => {
    await withDatabase([], async (connection) => {
      await fc.assert(
        fc.asyncProperty(column, async (cells) => {
          const answer = await coded(connection, cells);
          expect(decoded(answer)).toEqual(cells);
        }),
      );
    });
  });

  it('know each text of the column once, and no other', async () => {
    await withDatabase([], async (connection) => {
      await fc.assert(
        fc.asyncProperty(column, async (cells) => {
          const { dictionary = [] } = await coded(connection, cells);
          const present = cells.filter((cell) => cell !== null);
          expect(dictionary.toSorted()).toEqual([...new Set(present)].sort());
        }),
      );
    });
  });

  it('do not depend on the order of the rows', async () => {
    await withDatabase([], async (connection) => {
      await fc.assert(
        fc.asyncProperty(column, async (cells) => {
          const [one, other] = [await coded(connection, cells), await coded(connection, cells.toReversed())];
          expect(other.dictionary).toEqual(one.dictionary);
          expect(other.cells.toReversed()).toEqual(one.cells);
        }),
      );
    });
  });

  it('are for columns of a thousand texts at most', async () => {
    const [few, many] = await numbered(3000, ["'t' || row % 1000", "'t' || row % 1001"]);
    expect(few?.dictionary).toHaveLength(1000);
    expect(decoded(few ?? { cells: [], dictionary: undefined })[2999]).toBe('t999');
    expect([many?.dictionary, many?.cells[2999]]).toEqual([undefined, 't997']);
  });

  it('are not for columns that show only after many rows how many texts they have', async () => {
    const [late, rare] = await numbered(60_000, [
      "CASE WHEN row < 40000 THEN 'known' ELSE 't' || row END",
      "CASE WHEN row < 40000 THEN 'known' ELSE 'rare' END",
    ]);
    expect([late?.dictionary, late?.cells[59_999]]).toEqual([undefined, 't59999']);
    expect(rare?.dictionary).toEqual(['known', 'rare']);
    expect(rare?.cells[59_999]).toBe(1);
  });

  it('leave numbers, what can not be read, and columns without any text as they are', async () => {
    const columns = [
      { kind: 'Number', name: 'age', expression: 'row::DOUBLE' },
      { kind: 'Unsupported', name: 'list' },
      { kind: 'Text', name: 'empty', expression: 'NULL::VARCHAR' },
    ] as const;
    await withDatabase([], async (connection) => {
      const asked = { from: 'range(10) AS t(row)', rows: 10, columns };
      expect(await codeTexts(connection, asked)).toEqual(asked);
    });
  });
});
