import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

/**
 * Runs `use` with an in-memory DuckDB that can read the one file and nothing else, and never downloads an extension.
 *
 * @param path absolute, and without the letters that make it a pattern: see `withPlainPath`
 */
export async function withDatabase<T>(path: string, use: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    threads: '2',
    temp_directory: '',
  });
  const connection = await instance.connect();
  try {
    await connection.run(`SET allowed_paths = [${quote(path)}]`);
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

/** A name as an SQL identifier. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
