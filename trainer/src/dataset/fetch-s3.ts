import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  paginateListObjectsV2,
  S3Client,
  S3ServiceException,
  type GetObjectCommandOutput,
} from '@aws-sdk/client-s3';
import { s3SecretKeys, type TrainingInput } from '@churnops/crds';
import { dataInvalid, dataUnreachable } from '../failure.js';
import { checkLiteral, guardedLookup } from './address-guard.js';
import { patienceOf, type FetchOptions } from './fetch-object.js';
import { networkProblem } from './network-problem.js';
import type { LocalTable, TableFile } from './prepared-data.js';
import { missingKey, readSecretKey } from './secret-file.js';
import { SizeBudget, storeBytes, type Stored } from './store-bytes.js';
import { chooseFiles, joinFiles } from './table-files.js';
import { tableFormat } from './table-format.js';
import { trustedCertificates } from './trusted-certificates.js';
import { withRetry, type FailedTry } from './with-retry.js';

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
  const client = await createClient(data, options);
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
  const { pauseMs } = patienceOf(options);
  return withRetry(attempt, { explain: (cause) => explain(cause, source), signal, pauseMs });
}

function abortion({ signal }: FetchOptions): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

function parseUri({ uri, s3 }: TrainingInput['data']): Source {
  // A key is taken as it is: `%`, `?` and `#` are letters like any other there.
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.*)$/s.exec(uri) ?? [];
  if (bucket === undefined || key === undefined) throw dataInvalid(`${uri} is not of the form s3://BUCKET/KEY.`);
  // A password may stand in a URL, and messages reach logs and the status.
  const endpoint = s3.endpoint === '' ? 'AWS S3' : s3.endpoint.replace(/\/\/[^/]*@/, '//');
  return { uri, bucket, key, endpoint };
}

async function createClient({ s3 }: TrainingInput['data'], options: FetchOptions): Promise<S3Client> {
  const credentials = options.credentials === undefined ? undefined : await readCredentials(options.credentials);
  const { connectMs, idleMs } = patienceOf(options);
  return new S3Client({
    region: s3.region === '' ? 'us-east-1' : s3.region,
    forcePathStyle: s3.forcePathStyle,
    ...(s3.endpoint !== '' && { endpoint: s3.endpoint }),
    ...(credentials && { credentials }),
    maxAttempts: 1,
    requestHandler: { connectionTimeout: connectMs, socketTimeout: idleMs, ...(await createAgents(s3, options)) },
  });
}

/** The client's own agents know nothing of proxies, CAs, and addresses that are not for fetching. */
async function createAgents({ endpoint }: TrainingInput['data']['s3'], { proxy, caFile }: FetchOptions) {
  const certificates = await trustedCertificates(caFile);
  // Who names an endpoint means it, in whatever network it is.
  const guard = { refusesPrivate: () => false };
  checkLiteral(URL.parse(endpoint)?.hostname ?? '', guard);
  const agent = { keepAlive: true, lookup: guardedLookup(guard), ...(proxy && { proxyEnv: proxy }) };
  return {
    httpAgent: new HttpAgent(agent),
    httpsAgent: new HttpsAgent({ ...agent, ...(certificates && { ca: certificates }) }),
  };
}

async function readCredentials(
  folder: string,
): Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }> {
  const [accessKeyId, secretAccessKey, sessionToken] = await Promise.all([
    readSecretKey(folder, s3SecretKeys.accessKeyId),
    readSecretKey(folder, s3SecretKeys.secretAccessKey),
    readSecretKey(folder, s3SecretKeys.sessionToken),
  ]);
  if (accessKeyId === undefined) throw missingKey(s3SecretKeys.accessKeyId);
  if (secretAccessKey === undefined) throw missingKey(s3SecretKeys.secretAccessKey);
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
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

const secretProblems = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'AccessDenied',
  'ExpiredToken',
  'InvalidToken',
  // Versity's word for InvalidAccessKeyId, with status 404.
  'XAdminUserNotFound',
]);

/** What a failed download means for the user, and whether to try again at once. */
function explain(cause: unknown, source: Source): FailedTry {
  if (cause instanceof S3ServiceException) return explainAnswer(cause, source);
  if (cause instanceof Error && cause.name === 'CredentialsProviderError') {
    const message = `There are no credentials for ${source.uri}: name a Secret in secretRef, or give the pod an identity.`;
    return { error: dataUnreachable(message, cause), retry: false };
  }
  return networkProblem(cause, { name: source.endpoint, uri: source.uri, field: 's3.endpoint' });
}

function explainAnswer(cause: S3ServiceException, source: Source): FailedTry {
  const { uri, bucket, endpoint } = source;
  const status = cause.$metadata.httpStatusCode ?? 0;
  if (secretProblems.has(cause.name) || [401, 403].includes(status)) {
    const message = `${endpoint} refuses the credentials for ${uri} (${cause.name}): check the keys in the Secret of secretRef.`;
    return { error: dataUnreachable(message, cause), retry: false };
  }
  if (cause.name === 'NoSuchBucket') {
    return { error: dataInvalid(`${endpoint} has no bucket "${bucket}" (${uri}).`, cause), retry: false };
  }
  if (status === 404) return { error: dataInvalid(`${endpoint} has no object ${uri}.`, cause), retry: false };
  const message = `${endpoint} could not give ${uri} (${cause.name}, HTTP status ${status}): check s3.endpoint and s3.region.`;
  return { error: dataUnreachable(message, cause), retry: [429, 500, 502, 503, 504].includes(status) };
}
