import { TrainingProblem, dataUnreachable, errorCode } from '../failure.js';
import type { FailedTry } from './with-retry.js';

interface Peer {
  /** The service, without credentials. */
  readonly name: string;
  /** What was to be fetched. */
  readonly uri: string;
  /** The field that says where the service is. */
  readonly field: string;
}

/** Node's and OpenSSL's words for a certificate that no trusted CA vouches for. */
const untrusted = /^(UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|CERT_UNTRUSTED|ERR_TLS_CERT_SIGNATURE)/;

/** What a connection that could not be made, or broke, means for the user, and whether to try again at once. */
export function networkProblem(cause: unknown, peer: Peer): FailedTry {
  if (cause instanceof TrainingProblem) return { error: cause, retry: false };
  const code = errorCode(cause) ?? (cause instanceof Error ? cause.name : '');
  const certificate = describeCertificate(code, peer);
  if (certificate !== undefined) return { error: dataUnreachable(certificate, cause), retry: false };
  const message = `${peer.name} can't be reached for ${peer.uri} (${code}): check ${peer.field} and the network.`;
  return { error: dataUnreachable(message, cause), retry: true };
}

function describeCertificate(code: string, { name, uri }: Peer): string | undefined {
  if (untrusted.test(code)) {
    return `The certificate of ${name} is not trusted for ${uri} (${code}): name the CA that signed it in spec.data.caBundleRef.`;
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `The certificate of ${name} is for another host (${uri}): use a name that it holds.`;
  }
  return code === 'CERT_HAS_EXPIRED' ? `The certificate of ${name} has expired (${uri}): renew it.` : undefined;
}
