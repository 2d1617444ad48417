import type { DuckDBConnection } from '@duckdb/node-api';
import { quote } from './database.js';
import { readCsvHeader } from './csv-header.js';
import type { ColumnPlan, TablePlan } from './column-plan.js';
import { countRow } from './count-row.js';

/**
 * What counts as stored as a number: no leading zero (a postcode is a text) and few enough digits for a float64 to keep
 * them all (a key of 20 digits is a text).
 */
const plainNumber = String.raw`-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,17})?([eE][+-]?[0-9]{1,2})?`;

/** Reads the header and finds, in one pass, which columns hold numbers only. `file` names the file in messages. */
export async function planCsv(connection: DuckDBConnection, path: string, file: string): Promise<TablePlan> {
  const { delimiter, names } = await readCsvHeader(path, file);
  const columns = names.map((_, index) => `'c${index}': 'VARCHAR'`).join(', ');
  const from = `read_csv(${quote(path)}, auto_detect = false, header = true, delim = ${quote(delimiter)}, quote = '"',
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
