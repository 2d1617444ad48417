import type { TrainingInput } from '@churnops/crds';
import { dataInvalid } from '../failure.js';
import type { Waiting } from '../network/s3-client.js';
import type { ServiceAccess } from '../network/service.js';
import { fetchHttps } from './fetch-https.js';
import { fetchFromVolume } from './fetch-local.js';
import { fetchPostgres } from './fetch-postgres.js';
import { fetchS3 } from './fetch-s3.js';
import type { LocalTable } from './prepared-data.js';

export interface FetchOptions extends ServiceAccess {
  /** Folder that `file://` paths are looked up in. */
  readonly dataRoot: string;
  /** Existing folder that downloads go to; the caller removes it. */
  readonly workspace: string;
  /** Ends a download. */
  readonly signal?: AbortSignal;
  readonly patience?: Partial<Patience>;
}

export interface Patience extends Waiting {
  /** Before each further try, in milliseconds. */
  readonly pausesMs: readonly number[];
}

/** How long to wait where the options do not say. */
export function patienceOf({ patience }: FetchOptions): Patience {
  return { connectMs: 10_000, idleMs: 60_000, pausesMs: [1000, 2000], ...patience };
}

type Fetch = (data: TrainingInput['data'], options: FetchOptions) => Promise<LocalTable>;

const schemes: Readonly<Record<string, Fetch>> = {
  's3://': fetchS3,
  'https://': fetchHttps,
  'postgres://': fetchPostgres,
  'file://': (data, { dataRoot }) => fetchFromVolume(data, dataRoot),
};

/**
 * Brings the table that a training input names to this machine's disk.
 *
 * @throws TrainingProblem: DataUnreachable when a later try may help, DataInvalid when none does
 */
export async function fetchObject(data: TrainingInput['data'], options: FetchOptions): Promise<LocalTable> {
  const fetch = schemes[/^[a-z0-9]+:\/\//.exec(data.uri)?.[0] ?? ''];
  if (fetch === undefined) {
    throw dataInvalid(`${data.uri} begins with none of ${Object.keys(schemes).join(', ')}.`);
  }
  return fetch(data, options);
}
