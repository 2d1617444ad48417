import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { dataInvalid, errorCode } from '../failure.js';
import type { LocalFile } from './prepared-data.js';

/**
 * A table that the command line names by its path. Its identity is its name without folders: the same table gives the same
 * artifact wherever it lies.
 *
 * @throws TrainingProblem (DataInvalid) when there is no such file, or it may not be read.
 */
export async function fetchLocal(path: string): Promise<LocalFile> {
  if (!(await fileExists(path))) throw dataInvalid(`There is no file ${path}.`);
  return { path, uri: `file:///${basename(path)}`, ...(await fingerprint(path, path)) };
}

/** Whether a path leads to a regular file. */
export async function fileExists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/**
 * Number and hex SHA-256 of the bytes of a file.
 *
 * @param name of the file in messages
 * @throws TrainingProblem (DataInvalid) when this process may not read it, as when it belongs to another user of a volume.
 */
export async function fingerprint(path: string, name: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  const stream = createReadStream(path);
  try {
    for await (const chunk of stream) {
      if (Buffer.isBuffer(chunk)) hash.update(chunk);
    }
  } catch (cause) {
    if (errorCode(cause) !== 'EACCES') throw cause;
    throw dataInvalid(`${name} may not be read by user ${process.getuid?.() ?? ''}: change its permissions.`, cause);
  }
  return { bytes: stream.bytesRead, sha256: hash.digest('hex') };
}
