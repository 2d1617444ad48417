import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { DuckDBConnection } from '@duckdb/node-api';
import { dataInvalid } from '../failure.js';
import type { ColumnPlan, TablePlan } from './column-plan.js';
import { countRow } from './count-row.js';
import { identifier, quote, quoteAll } from './database.js';
import type { TableFile } from './prepared-data.js';

/** Finds the columns of all lines and, per column, which JSON types its cells have. A line, and so a file, may lack a column. */
export async function planJsonLines(connection: DuckDBConnection, parts: readonly TableFile[]): Promise<TablePlan> {
  for (const { path, name } of parts) await checkLines(path, name);
  const from = `read_json(${quoteAll(parts.map(({ path }) => path))}, format = 'newline_delimited', maximum_depth = 1,
    sample_size = -1, maximum_sample_files = ${parts.length}, union_by_name = true, hive_partitioning = false)`;
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${from}`);
  const names = described.getRows().map(([name]) => String(name));
  const counts = await countRow(
    connection,
    `SELECT count(*), ${names.map((name) => typeCounts(identifier(name))).join(', ')} FROM ${from}`,
  );
  const columns = names.map((name, index) => {
    const kinds = jsonKinds.filter((_, kind) => (counts[1 + jsonKinds.length * index + kind] ?? 0) > 0);
    return plan(name, kinds);
  });
  return { from, rows: counts[0] ?? 0, columns };
}

const jsonKinds = ['Number', 'Boolean', 'Nested', 'String', 'LongInteger'] as const;
type JsonKind = (typeof jsonKinds)[number];

function plan(name: string, kinds: readonly JsonKind[]): ColumnPlan {
  const text = `${identifier(name)} ->> '$'`;
  if (kinds.includes('Nested')) return { kind: 'Unsupported', name };
  if (kinds.length !== 1 || kinds[0] === 'String') return { kind: 'Text', name, expression: text };
  if (kinds[0] === 'Boolean') return { kind: 'Text', name, expression: text, storedAs: 'Boolean' };
  return { kind: 'Number', name, expression: `CAST(${text} AS DOUBLE)` };
}

function typeCounts(column: string): string {
  const isOf = (...types: readonly string[]) => `json_type(${column}) IN (${types.map(quote).join(', ')})`;
  const conditions = {
    Number: isOf('UBIGINT', 'BIGINT', 'DOUBLE'),
    Boolean: isOf('BOOLEAN'),
    Nested: isOf('OBJECT', 'ARRAY'),
    String: isOf('VARCHAR'),
    // Beyond 2^53 a float64 no longer tells neighbours apart, so such keys stay text.
    LongInteger: `${isOf('UBIGINT', 'BIGINT')} AND abs(TRY_CAST(${column} ->> '$' AS HUGEINT)) > 9007199254740992`,
  } as const satisfies Record<JsonKind, string>;
  return jsonKinds.map((kind) => `count_if(${conditions[kind]})`).join(', ');
}

/** DuckDB counts lines from another place and takes lists for rows, so each line is looked at here first. */
async function checkLines(path: string, file: string): Promise<void> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    number += 1;
    if (number === 1 && line.startsWith('\uFEFF')) {
      throw dataInvalid(`${file} begins with a byte order mark, which JSON can't have: save it as UTF-8 without BOM.`);
    }
    if (line.trim() === '') continue;
    if (line.includes('\uFFFD')) throw dataInvalid(`${file} is not UTF-8 text in line ${number}.`);
    if (!isObject(parse(line))) throw dataInvalid(`Line ${number} of ${file} is not a JSON object.`);
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
