import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { S3Client } from '@aws-sdk/client-s3';
import { s3SecretKeys } from '@churnops/crds';
import { checkLiteral, guardedLookup } from './address-guard.js';
import { missingKey, readSecretKey } from './secret-file.js';
import type { Service, ServiceAccess } from './service.js';
import { trustedCertificates } from './trusted-certificates.js';

/** Where an S3 service is. */
export interface S3Address {
  /** Empty: AWS. */
  readonly endpoint: string;
  /** Empty: us-east-1. */
  readonly region: string;
  readonly forcePathStyle: boolean;
}

/** How long a server is waited for, in milliseconds. */
export interface Waiting {
  /** Until it has accepted a connection. */
  readonly connectMs: number;
  /** No byte for so long: the connection is taken for dead. */
  readonly idleMs: number;
}

export interface S3Connection extends ServiceAccess {
  readonly service: Service;
  readonly waiting: Waiting;
}

/**
 * A client that tries once.
 *
 * @throws TrainingProblem when keys or certificates that the spec names are not there, or no service may be at the address
 */
export async function createS3Client(address: S3Address, connection: S3Connection): Promise<S3Client> {
  const { endpoint, region, forcePathStyle } = address;
  const { waiting, credentials: folder, service } = connection;
  const credentials = folder === undefined ? undefined : await readCredentials(folder, service);
  return new S3Client({
    region: region === '' ? 'us-east-1' : region,
    forcePathStyle,
    ...(endpoint !== '' && { endpoint }),
    ...(credentials && { credentials }),
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: waiting.connectMs,
      socketTimeout: waiting.idleMs,
      ...(await createAgents(endpoint, connection)),
    },
  });
}

/** The client's own agents know nothing of proxies, CAs, and addresses that are not for this. */
async function createAgents(endpoint: string, { proxy, caFile, service }: S3Connection) {
  const certificates = await trustedCertificates(caFile, service);
  // Who names an endpoint means it, in whatever network it is.
  const guard = { refusesPrivate: () => false };
  checkLiteral(URL.parse(endpoint)?.hostname ?? '', guard);
  const agent = { keepAlive: true, lookup: guardedLookup(guard), ...(proxy && { proxyEnv: proxy }) };
  return {
    httpAgent: new HttpAgent(agent),
    httpsAgent: new HttpsAgent({ ...agent, ...(certificates && { ca: certificates }) }),
  };
}

async function readCredentials(folder: string, service: Service) {
  const [accessKeyId, secretAccessKey, sessionToken] = await Promise.all([
    readSecretKey(folder, s3SecretKeys.accessKeyId),
    readSecretKey(folder, s3SecretKeys.secretAccessKey),
    readSecretKey(folder, s3SecretKeys.sessionToken),
  ]);
  if (accessKeyId === undefined) throw missingKey(s3SecretKeys.accessKeyId, service);
  if (secretAccessKey === undefined) throw missingKey(s3SecretKeys.secretAccessKey, service);
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}
