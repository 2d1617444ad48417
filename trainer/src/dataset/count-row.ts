import type { DuckDBConnection } from '@duckdb/node-api';

/** Runs a query of counts that answers with one row. */
export async function countRow(connection: DuckDBConnection, sql: string): Promise<number[]> {
  const reader = await connection.runAndReadAll(sql);
  return (reader.getRows()[0] ?? []).map(Number);
}
