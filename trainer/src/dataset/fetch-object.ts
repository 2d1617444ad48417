import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { TrainingInput } from '@churnops/crds';
import { dataInvalid } from '../failure.js';
import { fetchS3 } from './fetch-s3.js';
import { fileExists, fingerprint } from './fetch-local.js';
import type { LocalFile } from './prepared-data.js';

export interface FetchOptions {
  /** Folder with one file per key of the S3 Secret; absent: the default credential chain. */
  readonly credentials?: string;
  /** Environment with `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`; absent: no proxy. */
  readonly proxy?: Record<string, string | undefined>;
  /** Folder that `file://` paths are looked up in. */
  readonly dataRoot: string;
  /** Existing folder that downloads go to; the caller removes it. */
  readonly workspace: string;
  /** Ends a download. */
  readonly signal?: AbortSignal;
}

/**
 * Brings the table that a training input names to this machine's disk.
 *
 * @throws TrainingProblem: DataUnreachable when a later try may help, DataInvalid when none does
 */
export function fetchObject(data: TrainingInput['data'], options: FetchOptions): Promise<LocalFile> {
  return data.uri.startsWith('s3://') ? fetchS3(data, options) : fetchFromVolume(data.uri, options.dataRoot);
}

/** A file below the data root: neither `..` nor a link leads out of it. */
async function fetchFromVolume(uri: string, dataRoot: string): Promise<LocalFile> {
  const path = join(dataRoot, join('/', uri.slice('file://'.length)));
  if (!(await fileExists(path))) throw dataInvalid(`The volume has no file for ${uri}.`);
  const [real, root] = [await realpath(path), await realpath(dataRoot)];
  if (!real.startsWith(root.endsWith(sep) ? root : `${root}${sep}`)) {
    throw dataInvalid(`${uri} leads out of the volume.`);
  }
  return { path: real, uri, ...(await fingerprint(real, uri)) };
}
