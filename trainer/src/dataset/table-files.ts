import { createHash } from 'node:crypto';
import type { TrainingInput } from '@churnops/crds';
import { dataInvalid } from '../failure.js';
import type { Stored } from './store-bytes.js';
import type { LocalTable, TableFile } from './prepared-data.js';
import { tableFormat } from './table-format.js';

/** More files than this take longer to open than to read. */
const MAX_FILES = 10_000;

/**
 * Which of the files below a folder or prefix are the table: all but those whose name, or a folder of it, begins with `_` or `.`,
 * as the marks and checksums that Spark leaves. In the order of their names.
 *
 * @param names below the folder, with `/` between folders
 * @throws TrainingProblem (DataInvalid) when there are none, too many, or not all of one format.
 */
export function chooseFiles(names: readonly string[], { uri, format }: Pick<TrainingInput['data'], 'uri' | 'format'>) {
  const chosen = names.filter((name) => name !== '' && !/(^|\/)([_.]|$)/.test(name)).toSorted(compareBytes);
  const [first] = chosen;
  if (first === undefined) throw dataInvalid(`There are no files below ${uri}.`);
  if (chosen.length > MAX_FILES) {
    throw dataInvalid(`There are ${chosen.length} files below ${uri}, and at most ${MAX_FILES} are read: join them.`);
  }
  const wanted = tableFormat(first, format);
  const other = chosen.find((name) => tableFormat(name, format) !== wanted);
  if (other !== undefined) {
    throw dataInvalid(`${other} is not in the same format as ${first}: all files below ${uri} must be of one table.`);
  }
  return { names: chosen, format: wanted };
}

/** Independent of any language. */
function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

/** The files of a folder as one table. */
export function joinFiles(
  { uri, format }: Pick<LocalTable, 'uri' | 'format'>,
  files: readonly (TableFile & Stored)[],
): LocalTable {
  const hash = createHash('sha256');
  for (const { name, sha256 } of files) hash.update(`${sha256}  ${name}\n`);
  return {
    uri,
    format,
    parts: files.map(({ path, name }) => ({ path, name })),
    files: files.length,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    sha256: hash.digest('hex'),
  };
}
