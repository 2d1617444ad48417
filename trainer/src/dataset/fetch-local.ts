import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import type { TrainingInput } from '@churnops/crds';
import { dataInvalid, errorCode } from '../failure.js';
import type { LocalTable } from './prepared-data.js';
import type { Stored } from './store-bytes.js';
import { chooseFiles, joinFiles } from './table-files.js';
import { tableFormat } from './table-format.js';

type Format = TrainingInput['data']['format'];

/**
 * A table that the command line names by its path, or a folder of files. Its identity is its name without folders: the same table
 * gives the same artifact wherever it lies.
 *
 * @throws TrainingProblem (DataInvalid) when there is no such file, or it may not be read.
 */
export async function fetchLocal(path: string, format: Format = 'Auto'): Promise<LocalTable> {
  if (await isFolder(path)) return readFolder(path, { uri: `file:///${basename(path)}/`, format });
  if (!(await fileExists(path))) throw dataInvalid(`There is no file ${path}.`);
  return readFile(path, { uri: `file:///${basename(path)}`, format }, path);
}

/**
 * A table below the data root, where neither `..` nor a link leads out of it.
 *
 * @throws TrainingProblem (DataInvalid) as `fetchLocal`.
 */
export async function fetchFromVolume(
  { uri, format }: Pick<TrainingInput['data'], 'uri' | 'format'>,
  dataRoot: string,
): Promise<LocalTable> {
  const path = join(dataRoot, join('/', uri.slice('file://'.length)));
  const root = await realpath(dataRoot);
  if (uri.endsWith('/')) {
    if (!(await isFolder(path))) throw dataInvalid(`The volume has no folder for ${uri}.`);
    return readFolder(await insideOf(root, path, uri), { uri, format }, root);
  }
  if (!(await fileExists(path))) throw dataInvalid(`The volume has no file for ${uri}.`);
  return readFile(await insideOf(root, path, uri), { uri, format }, uri);
}

interface Asked {
  readonly uri: string;
  readonly format: Format;
}

/** @param name of the file in messages about its permissions */
async function readFile(path: string, { uri, format }: Asked, name: string): Promise<LocalTable> {
  const known = tableFormat(uri, format);
  return { parts: [{ path, name: basename(uri) }], uri, format: known, ...(await fingerprint(path, name)) };
}

/** @param root that no file may lead out of; absent: any may be read. */
async function readFolder(folder: string, asked: Asked, root?: string): Promise<LocalTable> {
  const { names, format } = chooseFiles(await filesBelow(folder), asked);
  const files = [];
  for (const name of names) {
    const path = join(folder, name);
    const real = root === undefined ? path : await insideOf(root, path, `${asked.uri}${name}`);
    files.push({ path: real, name, ...(await fingerprint(real, name)) });
  }
  return joinFiles({ uri: asked.uri, format }, files);
}

async function filesBelow(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const files = await Promise.all(names.map((name) => fileExists(join(folder, name))));
  return names.filter((_, index) => files[index]).map((name) => name.split(sep).join('/'));
}

async function insideOf(root: string, path: string, uri: string): Promise<string> {
  const real = await realpath(path);
  if (`${real}${sep}`.startsWith(root.endsWith(sep) ? root : `${root}${sep}`)) return real;
  throw dataInvalid(`${uri} leads out of the volume.`);
}

/** Whether a path leads to a regular file. */
export async function fileExists(path: string): Promise<boolean> {
  return (await statOf(path))?.isFile() ?? false;
}

async function isFolder(path: string): Promise<boolean> {
  return (await statOf(path))?.isDirectory() ?? false;
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch {
    return undefined;
  }
}

/**
 * Number and hex SHA-256 of the bytes of a file.
 *
 * @param name of the file in messages
 * @throws TrainingProblem (DataInvalid) when this process may not read it, as when it belongs to another user of a volume.
 */
async function fingerprint(path: string, name: string): Promise<Stored> {
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
