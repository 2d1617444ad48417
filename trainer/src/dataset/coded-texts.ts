import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnPlan, TablePlan } from './column-plan.js';
import { quote } from './database.js';

/** Columns with so many different texts at most are read as codes: a text for each cell takes many times as long. */
const MOST_TEXTS = 1000;

/** Rows that tell which columns may have so few. */
const FIRST_ROWS = 20_000;

/** The same plan, in which columns of few different texts answer with the position in their dictionary. */
export async function codeTexts(connection: DuckDBConnection, plan: TablePlan): Promise<TablePlan> {
  const texts = plan.columns.filter((column) => column.kind === 'Text');
  const first = `(SELECT * FROM ${plan.from} LIMIT ${FIRST_ROWS})`;
  const seen = await distinctTexts(connection, texts, first);
  const likely = texts.filter((_, index) => isFew(seen[index] ?? []));
  const found = plan.rows > FIRST_ROWS ? await distinctTexts(connection, likely, plan.from) : seen.filter(isFew);
  const coded = new Map<ColumnPlan, ColumnPlan>(
    likely.map((column, index) => [column, withCodes(column, found[index] ?? [])]),
  );
  return { ...plan, columns: plan.columns.map((column) => coded.get(column) ?? column) };
}

type TextPlan = ColumnPlan & { readonly kind: 'Text' };

/** Of each column, in an order that does not depend on that of the rows. */
async function distinctTexts(
  connection: DuckDBConnection,
  columns: readonly TextPlan[],
  from: string,
): Promise<string[][]> {
  if (columns.length === 0) return [];
  // A missing cell would be among them.
  const lists = columns.map(({ expression: text }) => `list(DISTINCT ${text}) FILTER (${text} IS NOT NULL)`);
  const reader = await connection.runAndReadAll(`SELECT ${lists.join(', ')} FROM ${from}`);
  return (reader.getRowsJson()[0] ?? []).map((list) => (Array.isArray(list) ? list.map(String).sort() : []));
}

function isFew(texts: readonly string[]): boolean {
  return texts.length <= MOST_TEXTS;
}

function withCodes(column: TextPlan, dictionary: readonly string[]): ColumnPlan {
  if (dictionary.length === 0 || !isFew(dictionary)) return column;
  const type = `ENUM(${dictionary.map(quote).join(', ')})`;
  return { ...column, expression: `enum_code(CAST(${column.expression} AS ${type}))`, dictionary };
}
