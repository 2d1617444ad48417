import type { TrainingInput } from '@churnops/crds';
import { dataInvalid } from '../failure.js';
import { fetchHttps } from './fetch-https.js';
import { fetchFromVolume } from './fetch-local.js';
import { fetchPostgres } from './fetch-postgres.js';
import { fetchS3 } from './fetch-s3.js';
import type { LocalTable } from './prepared-data.js';

export interface FetchOptions {
  /** Folder with one file per key of the Secret; absent: no Secret. */
  readonly credentials?: string;
  /** PEM file of CAs to trust beside the public ones. */
  readonly caFile?: string;
  /** Environment with `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`; absent: no proxy. */
  readonly proxy?: Record<string, string | undefined>;
  /** Folder that `file://` paths are looked up in. */
  readonly dataRoot: string;
  /** Existing folder that downloads go to; the caller removes it. */
  readonly workspace: string;
  /** Ends a download. */
  readonly signal?: AbortSignal;
  readonly patience?: Partial<Patience>;
}

/** How long a server is waited for, in milliseconds. */
export interface Patience {
  /** Until it has accepted a connection. */
  readonly connectMs: number;
  /** No byte for so long: the connection is taken for dead. */
  readonly idleMs: number;
  /** Before the second try; twice as long before the third. */
  readonly pauseMs: number;
}

/** How long to wait where the options do not say. */
export function patienceOf({ patience }: FetchOptions): Patience {
  return { connectMs: 10_000, idleMs: 60_000, pauseMs: 1000, ...patience };
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
