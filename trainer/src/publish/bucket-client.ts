import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import { S3Client } from '@aws-sdk/client-s3';
import { s3SecretKeys, type ArtifactStore } from '@churnops/crds';
import { TrainingProblem, errorCode } from '../failure.js';

/** The field that names the Secret, for messages. */
export const SECRET_FIELD = 'spec.artifacts.s3.secretRef';

const CONNECT_TIMEOUT_MS = 10_000;
/** No byte for so long: the connection is taken for dead. */
const IDLE_TIMEOUT_MS = 60_000;

/** How to get to a bucket. */
export interface BucketAccess {
  /** Folder with one file per key of the Secret; absent: the default credential chain. */
  readonly credentials?: string;
  /** File with certificates that the service is checked against beside the public ones. */
  readonly caBundle?: string;
  /** Environment with `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`; absent: no proxy. */
  readonly proxy?: Record<string, string | undefined>;
}

/**
 * A client that tries once.
 *
 * @throws TrainingProblem SecretNotFound when the Secret lacks a key
 */
export async function createBucketClient(store: ArtifactStore, access: BucketAccess): Promise<S3Client> {
  const { credentials: folder, proxy } = access;
  const credentials = folder === undefined ? undefined : await readCredentials(folder);
  // The client's own agents know nothing of proxies.
  const agent = { keepAlive: true, ...(proxy && { proxyEnv: proxy }) };
  return new S3Client({
    region: store.region === '' ? 'us-east-1' : store.region,
    forcePathStyle: store.forcePathStyle,
    ...(store.endpoint !== '' && { endpoint: store.endpoint }),
    ...(credentials && { credentials }),
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: IDLE_TIMEOUT_MS,
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent({ ...agent, ...(await certificates(access.caBundle)) }),
    },
  });
}

async function certificates(file: string | undefined): Promise<{ ca?: string[] }> {
  if (file === undefined) return {};
  try {
    return { ca: [...getCACertificates('default'), await readFile(file, 'utf8')] };
  } catch (cause) {
    if (errorCode(cause) !== 'ENOENT') throw cause;
    const message = `The object that spec.artifacts.s3.caBundleRef names does not exist or lacks the key: create it.`;
    throw new TrainingProblem('ArtifactStoreUnreachable', message, { cause });
  }
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
  return new TrainingProblem('SecretNotFound', `The Secret that ${SECRET_FIELD} names has no key ${name}.`);
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
