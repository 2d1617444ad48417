import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  paginateListObjectsV2,
  type GetObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { TrainingInput } from '@churnops/crds';
import { dataInvalid } from '../failure.js';
import { createS3Client } from '../network/s3-client.js';
import { s3Name, s3Problem } from '../network/s3-problem.js';
import { dataService } from '../network/service.js';
import { withRetry, type FailedTry } from '../network/with-retry.js';
import { patienceOf, type FetchOptions } from './fetch-object.js';
import type { LocalTable, TableFile } from './prepared-data.js';
import { SizeBudget, storeBytes, type Stored } from './store-bytes.js';
import { chooseFiles, joinFiles } from './table-files.js';
import { tableFormat } from './table-format.js';

/** So many objects of a prefix are on their way at once. */
const PARALLEL = 8;

interface Source {
  readonly uri: string;
  readonly bucket: string;
  /** Empty, or ending with `/`: a prefix. */
  readonly key: string;
  /** The service, for messages. */
  readonly endpoint: string;
}

interface Download {
  readonly client: S3Client;
  readonly budget: SizeBudget;
  readonly options: FetchOptions;
}

/** Downloads an object, or all objects below a prefix, with three tries each. */
export async function fetchS3(data: TrainingInput['data'], options: FetchOptions): Promise<LocalTable> {
  const source = parseUri(data);
  const client = await createS3Client(data.s3, { ...options, service: dataService, waiting: patienceOf(options) });
  const download = { client, options, budget: new SizeBudget(data.uri) };
  try {
    return source.key === '' || source.key.endsWith('/')
      ? await fetchPrefix(source, data, download)
      : await fetchOne(source, data, download);
  } finally {
    client.destroy();
  }
}

async function fetchOne(source: Source, { format }: TrainingInput['data'], download: Download): Promise<LocalTable> {
  const known = tableFormat(source.uri, format);
  // Not every key is a file name: it may be longer than one, or `..`.
  const file = { path: join(download.options.workspace, 'table'), name: basename(source.uri) };
  const stored = await patiently(() => fetchFile(source, file, download), source, download);
  return { parts: [file], uri: source.uri, format: known, ...stored };
}

async function fetchPrefix(source: Source, data: TrainingInput['data'], download: Download): Promise<LocalTable> {
  const listed = await patiently(() => list(source, download), source, download);
  const { names, format } = chooseFiles([...listed.keys()], data);
  download.budget.check(names.reduce((sum, name) => sum + (listed.get(name) ?? 0), 0));
  const files: (TableFile & Stored)[] = [];
  for (let start = 0; start < names.length; start += PARALLEL) {
    const batch = names.slice(start, start + PARALLEL).map(async (name, index) => {
      const object = { ...source, key: `${source.key}${name}`, uri: `${source.uri}${name}` };
      const file = { path: join(download.options.workspace, `table-${start + index}`), name };
      const { bytes, sha256 } = await patiently(() => fetchFile(object, file, download), object, download);
      return { ...file, bytes, sha256 };
    });
    files.push(...(await Promise.all(batch)));
  }
  return joinFiles({ uri: source.uri, format }, files);
}

/** Sizes of the objects below a prefix, by the rest of their keys. */
async function list({ bucket, key }: Source, { client, options }: Download): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: key }, abortion(options));
  for await (const { Contents: objects = [] } of pages) {
    for (const { Key: found = '', Size: size = 0 } of objects) sizes.set(found.slice(key.length), size);
  }
  return sizes;
}

function patiently<T>(attempt: () => Promise<T>, source: Source, { options }: Download): Promise<T> {
  const { signal } = options;
  const { pausesMs } = patienceOf(options);
  return withRetry(attempt, { explain: (cause) => explain(cause, source), signal, pausesMs });
}

function abortion({ signal }: FetchOptions): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

function parseUri({ uri, s3 }: TrainingInput['data']): Source {
  // A key is taken as it is: `%`, `?` and `#` are letters like any other there.
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.*)$/s.exec(uri) ?? [];
  if (bucket === undefined || key === undefined) throw dataInvalid(`${uri} is not of the form s3://BUCKET/KEY.`);
  return { uri, bucket, key, endpoint: s3Name(s3) };
}

async function fetchFile(source: Source, { path }: TableFile, { client, budget, options }: Download) {
  const command = new GetObjectCommand({ Bucket: source.bucket, Key: source.key });
  const object = await client.send(command, abortion(options));
  budget.check(object.ContentLength ?? 0);
  const stored = await storeBytes(bodyOf(object, source), path, { budget, signal: options.signal });
  const etag = object.ETag?.replaceAll('"', '');
  return { ...stored, ...(etag !== undefined && { etag }) };
}

function bodyOf({ Body: body }: GetObjectCommandOutput, { uri }: Source): Readable {
  if (!(body instanceof Readable)) throw new Error(`${uri} came without a body`);
  return body;
}

/** What a failed download means for the user, and whether to try again at once. */
function explain(cause: unknown, { uri, bucket, endpoint }: Source): FailedTry {
  const peer = { service: dataService, name: endpoint, uri, field: 'spec.data.s3.endpoint' };
  return s3Problem(cause, peer, (answer) => {
    const what = answer.name === 'NoSuchBucket' ? `bucket "${bucket}" (${uri})` : `object ${uri}`;
    return dataInvalid(`${endpoint} has no ${what}.`, answer);
  });
}
