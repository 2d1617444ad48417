import type { DuckDBConnection } from '@duckdb/node-api';
import { dataInvalid } from '../failure.js';
import type { ColumnPlan, TablePlan } from './column-plan.js';
import { countRow } from './count-row.js';
import { identifier, quoteAll } from './database.js';
import type { TableFile } from './prepared-data.js';
import { checkSameColumns } from './same-columns.js';

const numbers = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT)|FLOAT|DOUBLE|DECIMAL\(.*\))$/;
/** Databases write integers of any size as decimals without a fraction. */
const wideIntegers = /^(BIGINT|UBIGINT|DECIMAL\(\d+,0\))$/;
const texts = /^(VARCHAR|UUID|ENUM\(.*\))$/;
const times = /^TIMESTAMP(_S|_MS|_NS)?$/;

/** Finds columns and types of Parquet files: of a column that has several types the one that holds all of them. */
export async function planParquet(connection: DuckDBConnection, parts: readonly TableFile[]): Promise<TablePlan> {
  await checkParts(connection, parts);
  const from = tableFunction(parts);
  const columns = await describe(connection, from);
  const tooWide = columns.map(({ name, type }) =>
    // Beyond 2^53 a float64 no longer tells neighbours apart, so such keys stay text.
    wideIntegers.test(type) ? `count_if(abs(${identifier(name)}::HUGEINT) > 9007199254740992)` : '0',
  );
  const [rows = 0, ...wide] = await countRow(connection, `SELECT ${['count(*)', ...tooWide].join(', ')} FROM ${from}`);
  return { from, rows, columns: columns.map(({ name, type }, index) => plan(name, type, (wide[index] ?? 0) > 0)) };
}

function tableFunction(parts: readonly TableFile[]): string {
  return `read_parquet(${quoteAll(parts.map(({ path }) => path))}, union_by_name = true, hive_partitioning = false)`;
}

async function describe(connection: DuckDBConnection, from: string): Promise<{ name: string; type: string }[]> {
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${from}`);
  return described.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }));
}

/** Where a file lacks a column, its rows would silently be read as missing. */
async function checkParts(connection: DuckDBConnection, parts: readonly TableFile[]): Promise<void> {
  const [first, ...others] = parts;
  if (first === undefined || others.length === 0) return;
  const namesOf = async (part: TableFile) => (await describePart(connection, part)).map(({ name }) => name);
  const wanted = { name: first.name, names: await namesOf(first) };
  for (const other of others) checkSameColumns(wanted, { name: other.name, names: await namesOf(other) });
}

/** DuckDB doesn't say which of many files it can't read. */
async function describePart(connection: DuckDBConnection, part: TableFile) {
  try {
    return await describe(connection, tableFunction([part]));
  } catch (cause) {
    throw dataInvalid(`${part.name} can't be read as Parquet: is it in that format?`, cause);
  }
}

function plan(name: string, type: string, tooWide: boolean): ColumnPlan {
  const column = identifier(name);
  if (tooWide || texts.test(type)) return { kind: 'Text', name, expression: `${column}::VARCHAR`, storedAs: 'Text' };
  if (numbers.test(type)) return { kind: 'Number', name, expression: `${column}::DOUBLE` };
  if (type === 'BOOLEAN') return { kind: 'Text', name, expression: `${column}::VARCHAR`, storedAs: 'Boolean' };
  return planTime(name, type);
}

function planTime(name: string, type: string): ColumnPlan {
  const column = identifier(name);
  const iso = (time: string) => `strftime(${time}, '%Y-%m-%dT%H:%M:%S.%f')`;
  if (type === 'DATE') return { kind: 'Text', name, expression: `${column}::VARCHAR`, storedAs: 'Date' };
  if (times.test(type)) return { kind: 'Text', name, expression: iso(`${column}::TIMESTAMP`), storedAs: 'Date' };
  if (type === 'TIMESTAMP WITH TIME ZONE') {
    const utc = iso(`make_timestamp(epoch_us(${column}))`);
    return { kind: 'Text', name, expression: `${utc} || 'Z'`, storedAs: 'Date' };
  }
  return { kind: 'Unsupported', name };
}
