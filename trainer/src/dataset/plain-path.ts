import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Runs `use` with a path of the same file that DuckDB takes literally: it reads `*`, `?` and `[` as patterns, with no way to escape them. */
export async function withPlainPath<T>(path: string, use: (plain: string) => Promise<T>): Promise<T> {
  const absolute = resolve(path);
  if (!/[*?[]/.test(absolute)) return use(absolute);
  const folder = await mkdtemp(join(tmpdir(), 'churnops-'));
  try {
    const link = join(folder, 'table');
    await symlink(absolute, link);
    return await use(link);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
