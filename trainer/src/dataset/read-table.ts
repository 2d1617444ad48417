import { stat } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { TrainingProblem, dataInvalid } from '../failure.js';
import { parseDays } from '../features/cell-encoder.js';
import { codeTexts } from './coded-texts.js';
import type { ColumnPlan, TablePlan } from './column-plan.js';
import { withDatabase } from './database.js';
import { planCsv } from './plan-csv.js';
import { planJsonLines } from './plan-json-lines.js';
import { planParquet } from './plan-parquet.js';
import { withPlainPaths } from './plain-path.js';
import type { LocalTable, TableFile } from './prepared-data.js';
import { readTexts } from './read-texts.js';
import type { Column, Table, TextColumn } from './table.js';

type Format = LocalTable['format'];

/** DuckDB hands CSV files to its threads in pieces of this size: with less a second one has nothing to do but to start and end. */
const ONE_THREAD_BYTES = 8_000_000;

/**
 * Reads a whole table into typed columns. The uri names it in messages when it has several files.
 *
 * @throws TrainingProblem (DataInvalid) with file and line where there is one: empty, ragged, not UTF-8, repeated names, columns that
 *   differ from file to file.
 */
export async function readTable({ parts: all, format, uri }: TableSource): Promise<Table> {
  const { parts, bytes } = await filled(all);
  const table = all.length === 1 ? (all[0]?.name ?? uri) : uri;
  if (parts.length === 0) throw dataInvalid(`${table} is empty.`);
  try {
    return await withPlainPaths(parts, (plain) =>
      withDatabase(
        plain.map(({ path }) => path),
        async (connection) => {
          if (bytes > ONE_THREAD_BYTES) await connection.run('SET threads = 2');
          return read(connection, { parts: plain, format, table });
        },
      ),
    );
  } catch (cause) {
    if (cause instanceof TrainingProblem) throw cause;
    throw explain(cause instanceof Error ? cause.message : String(cause), { parts, format, table });
  }
}

type TableSource = Pick<LocalTable, 'parts' | 'format' | 'uri'>;

/** Those that have any bytes: a program that writes many files leaves empty ones where it has no rows. */
async function filled(parts: readonly TableFile[]): Promise<{ parts: TableFile[]; bytes: number }> {
  const sizes = await Promise.all(parts.map(async ({ path }) => (await stat(path)).size));
  return { parts: parts.filter((_, index) => sizes[index] !== 0), bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

interface ReadTask {
  readonly parts: readonly TableFile[];
  readonly format: Format;
  /** What messages call it. */
  readonly table: string;
}

async function read(connection: DuckDBConnection, { parts, format, table }: ReadTask): Promise<Table> {
  const found = await planTable(connection, format, parts);
  checkNames(
    found.columns.map(({ name }) => name),
    parts[0]?.name ?? table,
  );
  if (found.rows === 0) throw dataInvalid(`${table} has no rows.`);
  const plan = await codeTexts(connection, found);
  const builders = plan.columns.map((column) => builder(column, plan.rows));
  await fill(connection, plan, builders);
  return { rows: plan.rows, columns: builders.map((each) => each.finish()) };
}

function planTable(connection: DuckDBConnection, format: Format, parts: readonly TableFile[]): Promise<TablePlan> {
  switch (format) {
    case 'Csv':
      return planCsv(connection, parts);
    case 'JsonLines':
      return planJsonLines(connection, parts);
    case 'Parquet':
      return planParquet(connection, parts);
  }
}

function checkNames(names: readonly string[], file: string): void {
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    if (name.trim() === '') throw dataInvalid(`Column ${index + 1} of ${file} has no name.`);
    if (name.length > 256) throw dataInvalid(`The name of column ${index + 1} of ${file} is longer than 256 letters.`);
    if (seen.has(name)) throw dataInvalid(`${file} has two columns named "${name}".`);
    seen.add(name);
  }
}

interface ColumnBuilder {
  readonly expression: string;
  set(row: number, value: unknown): void;
  finish(): Column;
}

function builder(plan: ColumnPlan, rows: number): ColumnBuilder {
  switch (plan.kind) {
    case 'Number':
      return numberBuilder(plan, rows);
    case 'Unsupported':
      return { expression: 'NULL', set: () => undefined, finish: () => unsupportedColumn(plan.name, rows) };
    case 'Text':
      return plan.dictionary === undefined ? textBuilder(plan, rows) : codeBuilder(plan, plan.dictionary, rows);
  }
}

function unsupportedColumn(name: string, rows: number): Column {
  const codes = new Int32Array(rows).fill(-1);
  return { kind: 'Text', name, storedAs: 'Text', codes, dictionary: [], unsupported: true };
}

function numberBuilder({ name, expression }: ColumnPlan & { kind: 'Number' }, rows: number): ColumnBuilder {
  const values = new Float64Array(rows).fill(Number.NaN);
  return {
    expression,
    set(row, value) {
      // Infinity, which no JSON can carry to a server, counts as missing too.
      if (typeof value === 'number' && Number.isFinite(value)) values[row] = value;
    },
    finish: () => ({ kind: 'Number', name, storedAs: 'Number', values }),
  };
}

type TextPlan = ColumnPlan & { readonly kind: 'Text' };

function codeBuilder(plan: TextPlan, dictionary: readonly string[], rows: number): ColumnBuilder {
  const codes = new Int32Array(rows).fill(-1);
  return {
    expression: plan.expression,
    set(row, value) {
      if (typeof value === 'number') codes[row] = value;
    },
    finish: () => textColumn(plan, codes, dictionary),
  };
}

function textBuilder(plan: TextPlan, rows: number): ColumnBuilder {
  const codes = new Int32Array(rows).fill(-1);
  const positions = new Map<string, number>();
  return {
    expression: plan.expression,
    set(row, value) {
      if (typeof value !== 'string') return;
      const known = positions.get(value);
      codes[row] = known ?? positions.size;
      if (known === undefined) positions.set(value, positions.size);
    },
    finish: () => textColumn(plan, codes, [...positions.keys()]),
  };
}

function textColumn({ name, storedAs }: TextPlan, codes: Int32Array, dictionary: readonly string[]): Column {
  if (storedAs === undefined) return untypedColumn({ name, codes, dictionary });
  return { kind: 'Text', name, storedAs, codes, dictionary, unsupported: false };
}

/** A column of which nothing but the texts tells what it holds. */
function untypedColumn(texts: Pick<TextColumn, 'name' | 'codes' | 'dictionary'>): Column {
  const { name, codes, dictionary } = texts;
  const plain = { kind: 'Text', ...texts, storedAs: storedText(dictionary), unsupported: false } as const;
  const reading = readTexts(dictionary);
  switch (reading?.kind) {
    case undefined:
      return plain;
    case 'Ambiguous':
      return { ...plain, readAs: reading.readAs };
    case 'Date':
      return { ...plain, storedAs: 'Date', dictionary: dictionary.map(reading.textOf), readAs: reading.readAs };
    case 'Number': {
      const parsed = dictionary.map(reading.valueOf);
      const values = Float64Array.from(codes, (code) => parsed[code] ?? Number.NaN);
      return { kind: 'Number', name, storedAs: 'Number', values, readAs: reading.readAs };
    }
  }
}

/** What the texts of a column without types are. */
function storedText(dictionary: readonly string[]): TextColumn['storedAs'] {
  const texts = dictionary.map((text) => text.trim()).filter((text) => text !== '');
  if (texts.length === 0) return 'Text';
  if (texts.every((text) => /^(true|false)$/i.test(text))) return 'Boolean';
  return texts.every((text) => parseDays(text) !== undefined) ? 'Date' : 'Text';
}

async function fill(connection: DuckDBConnection, plan: TablePlan, builders: readonly ColumnBuilder[]): Promise<void> {
  const result = await connection.stream(
    `SELECT ${builders.map(({ expression }) => expression).join(', ')} FROM ${plan.from}`,
  );
  let start = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    const first = start;
    for (const [index, each] of builders.entries()) {
      chunk.visitColumnValues(index, (value, row) => {
        each.set(first + row, value);
      });
    }
    start += chunk.rowCount;
  }
}

/** DuckDB's messages carry cells of the table, which must not reach a log: only file, line and kind are taken over. */
function explain(message: string, { parts, format, table }: ReadTask): TrainingProblem {
  const path = [...message.matchAll(/^ +file = (.+)$/gm)].at(-1)?.[1];
  const file = parts.find((part) => part.path === path)?.name ?? table;
  if (message.startsWith('Out of Memory Error')) {
    const advice = 'raise spec.training.resources.limits.memory, or free memory on this machine';
    return new TrainingProblem('TrainingFailed', `There is not enough memory to read ${file}: ${advice}.`);
  }
  return dataInvalid(describe(message, format, file));
}

function describe(message: string, format: Format, file: string): string {
  const line = /CSV Error on Line: (\d+)/.exec(message)?.[1];
  const where = line === undefined ? '' : ` in line ${line}`;
  if (/unicode|utf-?8/i.test(message)) return `${file} is not UTF-8 text${where}. Save it in UTF-8.`;
  const width = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(message);
  if (width !== null) return `${file} has ${width[2] ?? ''} values instead of ${width[1] ?? ''}${where}.`;
  if (/unterminated quote/i.test(message)) return `${file} has a quote that is never closed${where}.`;
  return `${file} can't be read as ${format}${where}: is it in that format?`;
}
