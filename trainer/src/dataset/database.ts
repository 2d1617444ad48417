import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

/**
 * Runs `use` with an in-memory DuckDB of one thread that can read these files and nothing else, and never downloads an extension.
 *
 * @param paths absolute, and without the letters that make one a pattern: see `withPlainPaths`
 */
export async function withDatabase<T>(
  paths: readonly string[],
  use: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    threads: '1',
    temp_directory: '',
  });
  const connection = await instance.connect();
  try {
    await connection.run(`SET allowed_paths = ${quoteAll(paths)}`);
    await connection.run('SET enable_external_access = false');
    return await use(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** A text as an SQL literal. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Texts as an SQL list. */
export function quoteAll(texts: readonly string[]): string {
  return `[${texts.map(quote).join(', ')}]`;
}

/** A name as an SQL identifier. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
