import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnPlan, TablePlan } from './column-plan.js';
import { countRow } from './count-row.js';
import { identifier, quote } from './database.js';

const numbers = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT)|FLOAT|DOUBLE|DECIMAL\(.*\))$/;
/** Databases write integers of any size as decimals without a fraction. */
const wideIntegers = /^(BIGINT|UBIGINT|DECIMAL\(\d+,0\))$/;
const texts = /^(VARCHAR|UUID|ENUM\(.*\))$/;
const times = /^TIMESTAMP(_S|_MS|_NS)?$/;

/** Finds columns and types of a Parquet file. */
export async function planParquet(connection: DuckDBConnection, path: string): Promise<TablePlan> {
  const from = `read_parquet(${quote(path)}, hive_partitioning = false)`;
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${from}`);
  const columns = described.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }));
  const tooWide = columns.map(({ name, type }) =>
    // Beyond 2^53 a float64 no longer tells neighbours apart, so such keys stay text.
    wideIntegers.test(type) ? `count_if(abs(${identifier(name)}::HUGEINT) > 9007199254740992)` : '0',
  );
  const [rows = 0, ...wide] = await countRow(connection, `SELECT ${['count(*)', ...tooWide].join(', ')} FROM ${from}`);
  return { from, rows, columns: columns.map(({ name, type }, index) => plan(name, type, (wide[index] ?? 0) > 0)) };
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
