import { S3ServiceException } from '@aws-sdk/client-s3';
import type { TrainingProblem } from '../failure.js';
import { networkProblem, type Peer } from './network-problem.js';
import type { S3Address } from './s3-client.js';
import { unreachable } from './service.js';
import type { FailedTry } from './with-retry.js';

/** Words of S3 services for credentials that are wrong, or not allowed to do this. */
const refusals: ReadonlySet<string> = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'AccessDenied',
  'ExpiredToken',
  'InvalidToken',
  // Versity's word for InvalidAccessKeyId, with status 404.
  'XAdminUserNotFound',
]);

/** The name of a service for messages. A password may stand in a URL, and messages reach logs and the status. */
export function s3Name({ endpoint }: Pick<S3Address, 'endpoint'>): string {
  return endpoint === '' ? 'AWS S3' : endpoint.replace(/\/\/[^/]*@/, '//');
}

/**
 * What a failed request means for the user, and whether to try again at once.
 *
 * @param missing what it means that the bucket or the object is not there
 */
export function s3Problem(
  cause: unknown,
  peer: Peer,
  missing: (cause: S3ServiceException) => TrainingProblem,
): FailedTry {
  if (cause instanceof S3ServiceException) return answered(cause, peer, missing);
  if (!(cause instanceof Error) || cause.name !== 'CredentialsProviderError') return networkProblem(cause, peer);
  const message = `There are no credentials for ${peer.uri}: name a Secret in ${secretOf(peer)}, or give the pod an identity.`;
  return { error: unreachable(peer.service, message, cause), retry: false };
}

function answered(
  cause: S3ServiceException,
  peer: Peer,
  missing: (cause: S3ServiceException) => TrainingProblem,
): FailedTry {
  const { service, name, uri, field } = peer;
  const status = cause.$metadata.httpStatusCode ?? 0;
  if (refusals.has(cause.name) || [401, 403].includes(status)) {
    const message = `${name} refuses the credentials for ${uri} (${cause.name}): check the keys in the Secret of ${secretOf(peer)}, and what they may do.`;
    return { error: unreachable(service, message, cause), retry: false };
  }
  if (status === 404) return { error: missing(cause), retry: false };
  const message = `${name} did not do its work for ${uri} (${cause.name}, HTTP status ${status}): check ${field} and the region.`;
  return { error: unreachable(service, message, cause), retry: [429, 500, 502, 503, 504].includes(status) };
}

function secretOf({ service }: Peer): string {
  return `${service.section}.secretRef`;
}
