import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TrainingInput } from '@churnops/crds';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { fetchLocal } from './fetch-local.js';
import { prepareData } from './prepare-data.js';
import { readTable } from './read-table.js';
import { cellAt, type Table } from './table.js';

// Whole tables are read: on a busy machine the time limit may only end a hang.
jest.setTimeout(120_000);

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'churnops-read-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Writes a Parquet file of what a query answers. */
async function parquet(query: string, name = 'table.parquet'): Promise<string> {
  const path = join(folder, name);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet)`);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
  return path;
}

function columnOf(table: Table, name: string): { storedAs: string; cells: unknown[] } {
  const column = table.columns.find((each) => each.name === name);
  if (column === undefined) throw new Error(`The table has no column ${name}`);
  return {
    storedAs: column.storedAs,
    cells: Array.from({ length: table.rows }, (_, row) => cellAt(column, row)),
  };
}

describe('a Parquet file', () => {
  it.each([
    ['integers', '[3::INTEGER, NULL]', 'Number', [3, null]],
    ['long integers that a float64 holds', '[9007199254740992::BIGINT, NULL]', 'Number', [9007199254740992, null]],
    ['longer integers', '[9007199254740993::BIGINT, NULL]', 'Text', ['9007199254740993', null]],
    ['unsigned integers', '[18446744073709551615::UBIGINT, NULL]', 'Text', ['18446744073709551615', null]],
    ['decimals', '[12.50::DECIMAL(10, 2), NULL]', 'Number', [12.5, null]],
    ['short keys as decimals', '[7::DECIMAL(38, 0), NULL]', 'Number', [7, null]],
    ['long keys as decimals', "['-9007199254740993'::DECIMAL(38, 0), NULL]", 'Text', ['-9007199254740993', null]],
    ['floats', "[0.25::FLOAT, 'NaN'::FLOAT, '-inf'::FLOAT]", 'Number', [0.25, null, null]],
    ['doubles', '[0.1::DOUBLE, NULL]', 'Number', [0.1, null]],
    ['booleans', '[true, false, NULL]', 'Boolean', [true, false, null]],
    ['dates', "[DATE '2026-03-31', NULL]", 'Date', ['2026-03-31', null]],
    [
      'times of the calendar',
      "[TIMESTAMP '2026-03-31 04:05:06.5', NULL]",
      'Date',
      ['2026-03-31T04:05:06.500000', null],
    ],
    ['instants', "[TIMESTAMPTZ '2026-03-31 04:05:06+02', NULL]", 'Date', ['2026-03-31T02:05:06.000000Z', null]],
    ['texts', "['gold ''n'' more', '', NULL]", 'Text', ["gold 'n' more", '', null]],
  ])('keeps %s', async (_, list, storedAs, cells) => {
    const path = await parquet(`SELECT unnest(${list}) AS "the ""column"""`);
    const table = await readTable({
      parts: [{ path, name: 'table.parquet' }],
      format: 'Parquet',
      uri: 'file:///table.parquet',
    });
    expect(columnOf(table, 'the "column"')).toEqual({ storedAs, cells });
  });

  it('is a table to train on, without the columns that no feature can be made of', async () => {
    const path = await parquet(`SELECT i AS id, (i * 37) % 400 AS calls, (i % 70 / 7)::DECIMAL(9, 2) AS charge,
      i % 4 = 0 AS senior, DATE '2024-01-01' + (i % 300)::INTEGER AS since,
      TIMESTAMPTZ '2026-01-01 00:00:00Z' + to_minutes(i % 500) AS seen,
      CASE WHEN i % 9 > 0 THEN ['gold', 'basic', 'free'][1 + i % 3] END AS plan,
      {'street': 'x'} AS address, [i] AS tags, TIME '10:00' AS at, 'x'::BLOB AS photo, i % 5 = 0 AS churn
      FROM range(600) AS rows(i)`);
    const input = TrainingInput.parse({
      data: {
        uri: 'file:///table.parquet',
        format: 'Auto',
        s3: { endpoint: '', region: '', forcePathStyle: true },
        label: 'churn',
        entityKey: 'id',
        excludeLabels: [],
        excludeColumns: [],
      },
      features: [],
      seed: 1,
      gates: [],
      decision: { thresholdPolicy: 'MaximumF1' },
    });
    const data = await prepareData(await fetchLocal(path), input);
    expect(data.features.map(({ name, type, storedAs }) => [name, type, storedAs])).toEqual([
      ['calls', 'Numeric', 'Number'],
      ['charge', 'Numeric', 'Number'],
      ['senior', 'Boolean', 'Boolean'],
      ['since', 'Date', 'Date'],
      ['seen', 'Date', 'Date'],
      ['plan', 'Categorical', 'Text'],
    ]);
    const dropped = data.columns.filter(({ role }) => role === 'Dropped');
    expect(dropped.map(({ name }) => name)).toEqual(['address', 'tags', 'at', 'photo']);
    for (const { reason } of dropped) expect(reason).toMatch(/no feature can be made of/);
    expect(data.identity).toMatchObject({ format: 'Parquet', uri: 'file:///table.parquet' });
    expect(data.target.positiveLabel).toBe('true');
    // Row 1: 37 calls, 1 / 7 euros, no senior, since 2 January 2024, seen one minute into 2026, basic.
    expect(Array.from(data.matrix.slice(data.width, data.width + 5))).toEqual(
      [37, 0.14, 0, 19724, 20454 + 1 / 1440].map(Math.fround),
    );
    expect(data.features[5]?.missingShare).toBeCloseTo(1 / 9, 2);
  });
});

describe('a file of JSON lines', () => {
  it.each([
    ['numbers', '[1, 2.5, 1e3, null]', 'Number', [1, 2.5, 1000, null]],
    ['large numbers', '[1e300, 100000000000000000000000000000]', 'Number', [1e300, 1e29]],
    ['long integers', '[9007199254740993, 1]', 'Text', ['9007199254740993', '1']],
    ['booleans', '[true, false, null]', 'Boolean', [true, false, null]],
    ['mixed values', '[1, "a", true]', 'Text', ['1', 'a', 'true']],
  ])('keeps %s', async (_, list, storedAs, cells) => {
    const path = join(folder, 'table.jsonl');
    const texts = list.slice(1, -1).split(', ');
    await writeFile(path, texts.map((text) => `{"the column": ${text}}\n`).join(''));
    const table = await readTable({
      parts: [{ path, name: 'table.jsonl' }],
      format: 'JsonLines',
      uri: 'file:///table.jsonl',
    });
    expect(columnOf(table, 'the column')).toEqual({ storedAs, cells });
  });
});
