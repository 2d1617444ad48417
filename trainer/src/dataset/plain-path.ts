import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TableFile } from './prepared-data.js';

/**
 * Runs `use` with paths of the same files that DuckDB takes literally: it reads `*`, `?` and `[` as patterns, with no way to escape
 * them.
 */
export async function withPlainPaths<T>(
  files: readonly TableFile[],
  use: (plain: readonly TableFile[]) => Promise<T>,
): Promise<T> {
  const absolute = files.map((file) => ({ ...file, path: resolve(file.path) }));
  if (!absolute.some(({ path }) => isPattern(path))) return use(absolute);
  const folder = await mkdtemp(join(tmpdir(), 'churnops-'));
  try {
    const plain: TableFile[] = [];
    for (const [index, { path, name }] of absolute.entries()) {
      const link = join(folder, `${index}`);
      await symlink(path, link);
      plain.push({ path: link, name });
    }
    return await use(plain);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function isPattern(path: string): boolean {
  return /[*?[]/.test(path);
}
