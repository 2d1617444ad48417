import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { dataInvalid } from '../failure.js';
import type { LocalFile } from './prepared-data.js';

/**
 * A table that the command line names by its path.
 *
 * @throws TrainingProblem (DataInvalid) when there is no such file.
 */
export async function fetchLocal(path: string): Promise<LocalFile> {
  if (!(await fileExists(path))) throw dataInvalid(`There is no file ${path}.`);
  return { path, uri: pathToFileURL(path).href, ...(await fingerprint(path)) };
}

/** Whether a path leads to a regular file. */
export async function fileExists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** Number and hex SHA-256 of the bytes of a file. */
export async function fingerprint(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  const stream = createReadStream(path);
  for await (const chunk of stream) {
    if (Buffer.isBuffer(chunk)) hash.update(chunk);
  }
  return { bytes: stream.bytesRead, sha256: hash.digest('hex') };
}
