import type { DuckDBConnection } from '@duckdb/node-api';
import { dataInvalid } from '../failure.js';
import { quote, quoteAll } from './database.js';
import { readCsvHeader, type CsvHeader } from './csv-header.js';
import type { ColumnPlan, TablePlan } from './column-plan.js';
import { countRow } from './count-row.js';
import type { TableFile } from './prepared-data.js';
import { checkSameColumns } from './same-columns.js';

/**
 * What counts as stored as a number: no leading zero (a postcode is a text) and few enough digits for a float64 to keep
 * them all (a key of 20 digits is a text).
 */
const plainNumber = String.raw`-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,17})?([eE][+-]?[0-9]{1,2})?`;

/** Reads the headers and finds, in one pass, which columns hold numbers only. */
export async function planCsv(connection: DuckDBConnection, parts: readonly TableFile[]): Promise<TablePlan> {
  const { delimiter, names } = await readHeaders(parts);
  const columns = names.map((_, index) => `'c${index}': 'VARCHAR'`).join(', ');
  const from = `read_csv(${quoteAll(parts.map(({ path }) => path))}, auto_detect = false, header = true, delim = ${quote(delimiter)}, quote = '"',
    escape = '"', hive_partitioning = false, strict_mode = true, null_padding = false, columns = {${columns}})`;
  const counts = await countRow(
    connection,
    `SELECT count(*), ${names
      .map((_, i) => `count(nullif(c${i}, '')), count_if(regexp_full_match(c${i}, ${quote(plainNumber)}))`)
      .join(', ')} FROM ${from}`,
  );
  const plan = (name: string, index: number): ColumnPlan => {
    const filled = counts[1 + 2 * index] ?? 0;
    const numeric = counts[2 + 2 * index] ?? 0;
    if (filled > 0 && filled === numeric) {
      return { kind: 'Number', name, expression: `CAST(nullif(c${index}, '') AS DOUBLE)` };
    }
    return { kind: 'Text', name, expression: `c${index}` };
  };
  return { from, rows: counts[0] ?? 0, columns: names.map(plan) };
}

/** The header that all files have. */
async function readHeaders(parts: readonly TableFile[]): Promise<CsvHeader> {
  const headers: (CsvHeader & { name: string })[] = [];
  for (const { path, name } of parts) headers.push({ name, ...(await readCsvHeader(path, name)) });
  const [first, ...others] = headers;
  if (first === undefined) throw new Error('A table without files');
  for (const other of others) {
    checkSameColumns(first, other);
    const place = other.names.findIndex((name, index) => name !== first.names[index]);
    if (place !== -1) {
      throw dataInvalid(
        `${other.name} has "${other.names[place] ?? ''}" as column ${place + 1}, where ${first.name} has "${first.names[place] ?? ''}": CSV files of one table need their columns in the same order.`,
      );
    }
    if (other.delimiter !== first.delimiter) {
      throw dataInvalid(
        `${other.name} and ${first.name} have other letters between their values: use one in all files.`,
      );
    }
  }
  return first;
}
