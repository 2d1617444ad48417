import { readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The files of a mounted Secret, by name in ascending order; undefined when the folder can't be read. A file that can't be
 * read, where the others may, is the empty text.
 */
export async function readMountedFiles(folder: string): Promise<ReadonlyMap<string, string> | undefined> {
  // The kubelet swaps the link `..data` and deletes the folder behind it: a read that meets that moment is done again.
  return (await readOnce(folder)) ?? (await readOnce(folder));
}

/** Undefined when the folder can't be read, or goes away while it is. */
async function readOnce(folder: string): Promise<ReadonlyMap<string, string> | undefined> {
  try {
    const root = await realpath(join(folder, '..data')).catch(() => folder);
    const names = (await readdir(root)).filter((name) => !name.startsWith('.')).sort();
    const entries = await Promise.all(names.map(async (name) => [name, await readEntry(join(root, name))] as const));
    return new Map(entries);
  } catch {
    return undefined;
  }
}

async function readEntry(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && unreadableCodes.has(error.code)) return '';
    throw error;
  }
}

/** Trouble with one file; everything else (gone, too many open files) is trouble with all of them. */
const unreadableCodes: ReadonlySet<unknown> = new Set(['EACCES', 'EPERM', 'EISDIR']);
