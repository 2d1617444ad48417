import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, S3Client, S3ServiceException, type GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { s3SecretKeys, type TrainingInput } from '@churnops/crds';
import { TrainingProblem, dataInvalid, dataUnreachable, errorCode } from '../failure.js';
import type { FetchOptions } from './fetch-object.js';
import type { LocalFile } from './prepared-data.js';

/** Larger tables do not fit a training pod's disk and memory. */
const MAX_BYTES = 2 * 1024 ** 3;
const CONNECT_TIMEOUT_MS = 10_000;
/** No byte for so long: the connection is taken for dead. */
const IDLE_TIMEOUT_MS = 60_000;
const TRIES = 3;

interface Source {
  readonly uri: string;
  readonly bucket: string;
  readonly key: string;
  /** The service, for messages. */
  readonly endpoint: string;
}

/** Downloads an object, with three tries. */
export async function fetchS3(data: TrainingInput['data'], options: FetchOptions): Promise<LocalFile> {
  const source = parseUri(data);
  const client = await createClient(data, options);
  try {
    return await withRetry(() => download(client, source, options), source, options.signal);
  } finally {
    client.destroy();
  }
}

function parseUri({ uri, s3 }: TrainingInput['data']): Source {
  // A key is taken as it is: `%`, `?` and `#` are letters like any other there.
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(uri) ?? [];
  if (bucket === undefined || key === undefined) throw dataInvalid(`${uri} is not of the form s3://BUCKET/KEY.`);
  // A password may stand in a URL, and messages reach logs and the status.
  const endpoint = s3.endpoint === '' ? 'AWS S3' : s3.endpoint.replace(/\/\/[^/]*@/, '//');
  return { uri, bucket, key, endpoint };
}

async function createClient(
  { s3 }: TrainingInput['data'],
  { credentials: folder, proxy }: FetchOptions,
): Promise<S3Client> {
  const credentials = folder === undefined ? undefined : await readCredentials(folder);
  // The client's own agents know nothing of proxies.
  const agent = { keepAlive: true, ...(proxy && { proxyEnv: proxy }) };
  return new S3Client({
    region: s3.region === '' ? 'us-east-1' : s3.region,
    forcePathStyle: s3.forcePathStyle,
    ...(s3.endpoint !== '' && { endpoint: s3.endpoint }),
    ...(credentials && { credentials }),
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: IDLE_TIMEOUT_MS,
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent(agent),
    },
  });
}

async function readCredentials(
  folder: string,
): Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }> {
  const [accessKeyId, secretAccessKey, sessionToken] = await Promise.all([
    readKey(folder, s3SecretKeys.accessKeyId),
    readKey(folder, s3SecretKeys.secretAccessKey),
    readKey(folder, s3SecretKeys.sessionToken),
  ]);
  if (accessKeyId === undefined) throw missingKey(s3SecretKeys.accessKeyId);
  if (secretAccessKey === undefined) throw missingKey(s3SecretKeys.secretAccessKey);
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}

function missingKey(name: string): TrainingProblem {
  return new TrainingProblem('SecretNotFound', `The Secret that secretRef names has no key ${name}.`);
}

async function readKey(folder: string, name: string): Promise<string | undefined> {
  try {
    const text = (await readFile(join(folder, name), 'utf8')).trim();
    return text === '' ? undefined : text;
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined;
    throw cause;
  }
}

async function withRetry(
  attempt: () => Promise<LocalFile>,
  source: Source,
  signal: AbortSignal | undefined,
): Promise<LocalFile> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt();
    } catch (cause) {
      signal?.throwIfAborted();
      const problem = explain(cause, source);
      if (tried >= TRIES || !problem.retry) throw problem.error;
      await sleep(1000 * 2 ** (tried - 1));
    }
  }
}

async function download(client: S3Client, source: Source, options: FetchOptions): Promise<LocalFile> {
  const ending = options.signal === undefined ? {} : { abortSignal: options.signal };
  const object = await client.send(new GetObjectCommand({ Bucket: source.bucket, Key: source.key }), ending);
  if ((object.ContentLength ?? 0) > MAX_BYTES) throw tooLarge(source);
  // Not every key is a file name: it may be longer than one, or `..`.
  const path = join(options.workspace, 'table');
  const written = await store(object, path, source, options.signal);
  const etag = object.ETag?.replaceAll('"', '');
  return { path, uri: source.uri, ...written, ...(etag !== undefined && { etag }) };
}

async function store(
  { Body: body }: GetObjectCommandOutput,
  path: string,
  source: Source,
  signal: AbortSignal | undefined,
): Promise<{ bytes: number; sha256: string }> {
  if (!(body instanceof Readable)) throw new Error(`${source.uri} came without a body`);
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(
    body,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        if (bytes > MAX_BYTES) throw tooLarge(source);
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(path),
    { ...(signal && { signal }) },
  );
  return { bytes, sha256: hash.digest('hex') };
}

function tooLarge({ uri }: Source): TrainingProblem {
  return dataInvalid(`${uri} is larger than 2 GiB, which is the most that a table may have.`);
}

const secretProblems = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'AccessDenied',
  'ExpiredToken',
  'InvalidToken',
]);

/** What a failed download means for the user, and whether to try again at once. */
function explain(cause: unknown, source: Source): { error: Error; retry: boolean } {
  if (cause instanceof TrainingProblem) return { error: cause, retry: false };
  if (cause instanceof S3ServiceException) return explainAnswer(cause, source);
  const name = cause instanceof Error ? cause.name : '';
  if (name === 'CredentialsProviderError') {
    const message = `There are no credentials for ${source.uri}: name a Secret in secretRef, or give the pod an identity.`;
    return { error: dataUnreachable(message, cause), retry: false };
  }
  const why = errorCode(cause) ?? name;
  const message = `${source.endpoint} can't be reached for ${source.uri} (${why}): check s3.endpoint and the network.`;
  return { error: dataUnreachable(message, cause), retry: true };
}

function explainAnswer(cause: S3ServiceException, source: Source): { error: Error; retry: boolean } {
  const { uri, bucket, endpoint } = source;
  const status = cause.$metadata.httpStatusCode ?? 0;
  if (cause.name === 'NoSuchBucket') {
    return { error: dataInvalid(`${endpoint} has no bucket "${bucket}" (${uri}).`, cause), retry: false };
  }
  if (status === 404) return { error: dataInvalid(`${endpoint} has no object ${uri}.`, cause), retry: false };
  if (secretProblems.has(cause.name) || [401, 403].includes(status)) {
    const message = `${endpoint} refuses the credentials for ${uri} (${cause.name}): check the keys in the Secret of secretRef.`;
    return { error: dataUnreachable(message, cause), retry: false };
  }
  const message = `${endpoint} could not give ${uri} (${cause.name}, HTTP status ${status}): check s3.endpoint and s3.region.`;
  return { error: dataUnreachable(message, cause), retry: [429, 500, 502, 503, 504].includes(status) };
}
