import { TrainingProblem, errorCode } from '../failure.js';
import { unreachable, type Service } from './service.js';
import type { FailedTry } from './with-retry.js';

/** Who was asked for what. */
export interface Peer {
  readonly service: Service;
  /** The host, without credentials. */
  readonly name: string;
  /** What was to be fetched or written. */
  readonly uri: string;
  /** The field that says where the service is. */
  readonly field: string;
}

/** Node's and OpenSSL's words for a certificate that no trusted CA vouches for. */
const untrusted = /^(UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|CERT_UNTRUSTED|ERR_TLS_CERT_SIGNATURE)/;

/** What a connection that could not be made, or broke, means for the user, and whether to try again at once. */
export function networkProblem(cause: unknown, peer: Peer): FailedTry {
  if (cause instanceof TrainingProblem) return { error: cause, retry: false };
  const { service, name, uri, field } = peer;
  const code = errorCode(cause) ?? (cause instanceof Error ? cause.name : '');
  const certificate = describeCertificate(code, peer);
  if (certificate !== undefined) return { error: unreachable(service, certificate, cause), retry: false };
  const message = `${name} can't be reached for ${uri} (${code}): check ${field} and the network.`;
  return { error: unreachable(service, message, cause), retry: true };
}

function describeCertificate(code: string, { service, name, uri }: Peer): string | undefined {
  if (untrusted.test(code)) {
    return `The certificate of ${name} is not trusted for ${uri} (${code}): name the CA that signed it in ${service.section}.caBundleRef.`;
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `The certificate of ${name} is for another host (${uri}): use a name that it holds.`;
  }
  return code === 'CERT_HAS_EXPIRED' ? `The certificate of ${name} has expired (${uri}): renew it.` : undefined;
}
