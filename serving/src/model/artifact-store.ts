import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Agent as HttpsAgent } from 'node:https';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { getCACertificates } from 'node:tls';
import { GetObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { ArtifactStore } from '@churnops/crds';
import { s3SecretKeys } from '@churnops/crds';
import { ArtifactError } from './artifact-error.js';
import { StoreUnreachable } from './store-unreachable.js';

/** Where an artifact is, and how to get there. */
export interface StoredArtifact {
  readonly store: ArtifactStore;
  /** `s3://BUCKET/FOLDER` */
  readonly uri: string;
  /** Folder with one file per key of the Secret; undefined: the identity of the pod. */
  readonly credentials: string | undefined;
  /** File with certificates (PEM) that are trusted beside the public ones. */
  readonly caFile: string | undefined;
  /** Environment with `HTTPS_PROXY` and the like; undefined: no proxy. */
  readonly proxy: Readonly<Record<string, string | undefined>> | undefined;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** No byte for so long: the connection is taken for dead. */
const IDLE_TIMEOUT_MS = 30_000;
const TRIES = 4;

/** A client for the artifact's bucket. Throws StoreUnreachable when it lacks a key or a certificate. */
export async function connectStore({ store, credentials, caFile, proxy }: StoredArtifact): Promise<S3Client> {
  const keys = credentials === undefined ? undefined : await readKeys(credentials);
  const agent = { keepAlive: true, ...(proxy && { proxyEnv: { ...proxy } }) };
  return new S3Client({
    region: store.region === '' ? 'us-east-1' : store.region,
    forcePathStyle: store.forcePathStyle,
    ...(store.endpoint !== '' && { endpoint: store.endpoint }),
    ...(keys && { credentials: keys }),
    maxAttempts: TRIES,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: IDLE_TIMEOUT_MS,
      httpAgent: agent,
      httpsAgent: new HttpsAgent({ ...agent, ...(await certificates(caFile)) }),
    },
  });
}

/**
 * Downloads a file of the artifact into `folder`.
 *
 * @throws ArtifactError when it is not there, or larger than `limit` bytes
 * @throws StoreUnreachable when a later try may help
 */
export async function download(
  client: S3Client,
  artifact: StoredArtifact,
  { name, folder, limit }: { readonly name: string; readonly folder: string; readonly limit: number },
): Promise<void> {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(artifact.uri) ?? [];
  const uri = `${artifact.uri}/${name}`;
  if (bucket === undefined || key === undefined) throw new ArtifactError(`${uri} is not of the form s3://BUCKET/KEY.`);
  try {
    const { Body: body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: `${key}/${name}` }));
    if (!(body instanceof Readable)) throw new Error('it came without a body');
    await pipeline(body, atMost(limit, uri), createWriteStream(join(folder, name)));
  } catch (cause) {
    throw explain(cause, uri, artifact.store);
  }
}

/** Passes on up to so many bytes: nobody's object may fill the disk. */
function atMost(limit: number, uri: string) {
  return async function* (chunks: AsyncIterable<Buffer>) {
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > limit)
        throw new ArtifactError(`${uri} is larger than ${limit} bytes, which it never was. Restore it.`);
      yield chunk;
    }
  };
}

function explain(cause: unknown, uri: string, { endpoint }: ArtifactStore): Error {
  if (cause instanceof ArtifactError) return cause;
  // A password may stand in a URL, and messages reach logs and the status.
  const service = endpoint === '' ? 'AWS S3' : endpoint.replace(/\/\/[^/]*@/, '//');
  const status = cause instanceof S3ServiceException ? (cause.$metadata.httpStatusCode ?? 0) : 0;
  if (status === 404) {
    return new ArtifactError(`${service} has no ${uri}. Restore it, or change spec.training.seed to train again.`, {
      cause,
    });
  }
  if ([401, 403].includes(status)) {
    return new StoreUnreachable(
      `${service} refuses to give ${uri} (HTTP status ${status}): check the keys in the Secret of spec.artifacts.s3.secretRef.`,
      { cause },
    );
  }
  const why = wordFor(cause);
  return new StoreUnreachable(`${service} could not give ${uri} (${why}): check spec.artifacts.s3 and the network.`, {
    cause,
  });
}

function wordFor(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown';
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
}

async function certificates(file: string | undefined): Promise<{ ca?: string[] }> {
  if (file === undefined) return {};
  const own = await readMounted(file);
  if (own === undefined) {
    throw new StoreUnreachable(
      'The object that spec.artifacts.s3.caBundleRef names does not exist or lacks the key: create it.',
    );
  }
  return { ca: [...getCACertificates('default'), own] };
}

async function readKeys(folder: string) {
  const [accessKeyId, secretAccessKey, sessionToken] = await Promise.all([
    readMounted(join(folder, s3SecretKeys.accessKeyId)),
    readMounted(join(folder, s3SecretKeys.secretAccessKey)),
    readMounted(join(folder, s3SecretKeys.sessionToken)),
  ]);
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new StoreUnreachable(
      `The Secret that spec.artifacts.s3.secretRef names does not exist or lacks ${s3SecretKeys.accessKeyId} or ${s3SecretKeys.secretAccessKey}: create it.`,
    );
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}

/** The content of a mounted file; undefined when it is not there, or blank. */
async function readMounted(path: string): Promise<string | undefined> {
  try {
    const text = (await readFile(path, 'utf8')).trim();
    return text === '' ? undefined : text;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw cause;
  }
}
