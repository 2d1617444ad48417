import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { withDatabase } from './database.js';
import { problemOf } from '../fixtures/problem-of.js';
import { trainingData } from '../fixtures/training-data.js';
import { fetchLocal } from './fetch-local.js';
import { fetchObject } from './fetch-object.js';
import { readTable } from './read-table.js';
import { chooseFiles } from './table-files.js';
import { cellAt } from './table.js';

let home = '';
let folder = '';
let count = 0;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'churnops-many-'));
});

beforeEach(() => {
  count += 1;
  folder = join(home, `table${count}`);
});

afterAll(async () => {
  await rm(home, { recursive: true });
});

/** Files below the folder, by their names. */
async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

async function parquet(files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder);
  for (const [name, select] of Object.entries(files)) {
    const path = join(folder, name);
    await withDatabase([path], (connection) => connection.run(`COPY (${select}) TO '${path}' (FORMAT parquet)`));
  }
}

/** Cells of the table, by column. */
async function read(): Promise<Record<string, unknown[]>> {
  const table = await readTable(await fetchLocal(folder));
  return Object.fromEntries(
    table.columns.map((column) => [column.name, Array.from({ length: table.rows }, (_, row) => cellAt(column, row))]),
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

describe('a folder of files', () => {
  it('is one table, in the order of the names', async () => {
    await write({ 'b.csv': 'a,b\n3,x\n', 'a/1.csv': '"a",b\r\n1,"y\nz"\r\n', 'a/2.csv': 'a,b\n2,z' });
    expect(await read()).toEqual({ a: [1, 2, 3], b: ['y\nz', 'z', 'x'] });
  });

  it('has an identity that sha256sum can compute', async () => {
    await write({ 'b.csv': 'a\n1\n', 'a.csv': 'a\n2\n' });
    const lines = `${sha256('a\n2\n')}  a.csv\n${sha256('a\n1\n')}  b.csv\n`;
    const table = await fetchLocal(folder);
    expect(table).toMatchObject({ files: 2, bytes: 8, format: 'Csv', sha256: sha256(lines) });
    expect(table.uri).toBe(`file:///table${count}/`);
  });

  it('is read without marks, checksums and empty files', async () => {
    await write({
      'part-0.csv': 'a\n1\n',
      'part-1.csv': '',
      _SUCCESS: '',
      '.part-0.csv.crc': 'x',
      '_temporary/0.csv': 'b\n2\n',
    });
    expect(await read()).toEqual({ a: [1] });
  });

  it('has columns of the type that fits all files', async () => {
    await write({ '1.csv': 'a,b\n1,2\n', '2.csv': 'a,b\nx,3\n' });
    expect(await read()).toEqual({ a: ['1', 'x'], b: [2, 3] });
  });

  it('may have names that are patterns', async () => {
    await write({ '[1]*.csv': 'a\n1\n', '2?.csv': 'a\n2\n' });
    expect(await read()).toEqual({ a: [2, 1] });
  });

  it('may be of JSON lines, of which each may lack a column', async () => {
    await write({ '1.jsonl': '{"a":1}\n', '2.jsonl': '{"a":2,"b":true}\n', '3.ndjson': '{"b":false}\n' });
    expect(await read()).toEqual({ a: [1, 2, null], b: [null, true, false] });
  });

  it('may be of JSON lines in more files than are looked at by default', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `${String(index).padStart(2, '0')}.jsonl`);
    await write(Object.fromEntries(names.map((name, index) => [name, index < 39 ? '{"a":1}\n' : '{"a":"x","b":2}\n'])));
    const { a, b } = await read();
    expect([a?.at(-1), b?.at(-1)]).toEqual(['x', 2]);
  });

  it('may be of Parquet, whatever the order of the columns', async () => {
    await parquet({
      '1.parquet': "SELECT 1::INTEGER AS a, 'x' AS b",
      '2.parquet': "SELECT 'y' AS b, 2.5::DOUBLE AS a",
    });
    expect(await read()).toEqual({ a: [1, 2.5], b: ['x', 'y'] });
  });

  it.each([
    ['no files', { _SUCCESS: '' }, /^2 DataInvalid: There are no files below file:/],
    ['empty files only', { '1.csv': '', '2.csv': '' }, /^2 DataInvalid: file:\S+ is empty/],
    [
      'files of two formats',
      { '1.csv': 'a\n1\n', '2.jsonl': '{"a":1}\n' },
      /2\.jsonl is not in the same format as 1\.csv/,
    ],
    ['a file of another kind', { '1.csv': 'a\n1\n', 'readme.txt': 'x' }, /The format of readme\.txt is not known/],
    ['a column too few', { '1.csv': 'a,b\n1,2\n', '2.csv': 'a\n1\n' }, /2\.csv has no column "b", which 1\.csv has/],
    ['a column too many', { '1.csv': 'a\n1\n', '2.csv': 'a,b\n1,2\n' }, /1\.csv has no column "b", which 2\.csv has/],
    [
      'another order',
      { '1.csv': 'a,b\n1,2\n', '2.csv': 'b,a\n1,2\n' },
      /2\.csv has "b" as column 1, where 1\.csv has "a"/,
    ],
    ['two delimiters', { '1.csv': 'a,b\n1,2\n', '2.csv': 'a;b\n1;2\n' }, /2\.csv and 1\.csv .*one in all files/],
    [
      'a ragged row',
      { '1.csv': 'a,b\n1,2\n', '2.csv': 'a,b\n1,2\n1,2,3\n' },
      /2\.csv has 3 values instead of 2 in line 3/,
    ],
    [
      'a line that is no object',
      { '1.jsonl': '{"a":1}\n', '2.jsonl': '[1]\n' },
      /Line 1 of 2\.jsonl is not a JSON object/,
    ],
    ['a repeated name', { '1.csv': 'a,a\n1,2\n', '2.csv': 'a,a\n1,2\n' }, /1\.csv has two columns named "a"/],
  ])('with %s ends with a sentence', async (_, files, sentence) => {
    await write(files);
    expect(await problemOf(read())).toMatch(sentence);
  });

  it('of Parquet with columns that differ ends with a sentence, and so does a broken file', async () => {
    await parquet({ '1.parquet': 'SELECT 1 AS a, 2 AS b', '2.parquet': 'SELECT 1 AS a' });
    expect(await problemOf(read())).toMatch(/^2 DataInvalid: 2\.parquet has no column "b", which 1\.parquet has/);
    await write({ '2.parquet': 'broken' });
    expect(await problemOf(read())).toMatch(/^2 DataInvalid: 2\.parquet can't be read as Parquet/);
  });
});

it('a folder of more files than can be opened ends with a sentence', () => {
  const names = Array.from({ length: 10_001 }, (_, index) => `${index}.csv`);
  const choose = (chosen: readonly string[]) => chooseFiles(chosen, { uri: 's3://lake/years/', format: 'Auto' });
  expect(() => choose(names)).toThrow(
    'There are 10001 files below s3://lake/years/, and at most 10000 are read: join them.',
  );
  expect(choose(names.slice(1)).names).toHaveLength(10_000);
});

describe('a folder of the volume', () => {
  const fetch = (uri: string) => fetchObject(trainingData(uri), { dataRoot: folder, workspace: home });

  it('is read below the root, by links that Kubernetes makes too', async () => {
    await write({ '..2026/a.csv': 'a\n1\n' });
    await symlink('..2026/a.csv', join(folder, 'a.csv'));
    expect(await fetch('file:///')).toMatchObject({ uri: 'file:///', files: 1, parts: [{ name: 'a.csv' }] });
  });

  it('holds no file that leads out of it', async () => {
    await write({ 'in/a.csv': 'a\n1\n' });
    await writeFile(join(home, 'outside.csv'), 'a\n1\n');
    await symlink(join(home, 'outside.csv'), join(folder, 'in/b.csv'));
    expect(await problemOf(fetch('file:///in/'))).toMatch(
      /^2 DataInvalid: file:\/\/\/in\/b\.csv leads out of the volume/,
    );
  });

  it('must be there', async () => {
    await write({ 'a.csv': 'a\n1\n' });
    expect(await problemOf(fetch('file:///nothing/'))).toMatch(/^2 DataInvalid: The volume has no folder for/);
    expect(await problemOf(fetch('file:///a.csv/'))).toMatch(/^2 DataInvalid: The volume has no folder for/);
  });
});
