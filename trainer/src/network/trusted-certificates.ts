import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { getCACertificates } from 'node:tls';
import { errorCode } from '../failure.js';
import { unreachable, type Service } from './service.js';

/**
 * The certificates that servers are checked against: the usual ones and those of the file. Undefined, without a file: the usual
 * ones.
 *
 * @throws TrainingProblem (unreachable) when the file is not there, or holds no certificate.
 */
export async function trustedCertificates(caFile: string | undefined, service: Service): Promise<string[] | undefined> {
  if (caFile === undefined) return undefined;
  const own = pemCertificates(await read(caFile, service));
  if (own.length === 0 || !own.every(isCertificate)) {
    const message = `The key that ${service.section}.caBundleRef names holds no certificates in PEM: put the CA certificate there.`;
    throw unreachable(service, message);
  }
  return [...getCACertificates('default'), ...own];
}

async function read(caFile: string, service: Service): Promise<string> {
  try {
    return await readFile(caFile, 'utf8');
  } catch (cause) {
    if (errorCode(cause) !== 'ENOENT') throw cause;
    const message = `The object that ${service.section}.caBundleRef names does not exist or lacks the key: create it.`;
    throw unreachable(service, message, cause);
  }
}

function pemCertificates(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}
