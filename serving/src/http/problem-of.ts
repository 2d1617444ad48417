import { z } from 'zod';
import { Problem } from './problem.js';

/** Errors of Fastify and Node carry a code; Nest wraps some of Fastify's and keeps the status only. */
const KnownError = z
  .object({ code: z.string().catch(''), statusCode: z.number().optional(), status: z.number().optional() })
  .transform(({ code, statusCode, status }) => ({ code, status: statusCode ?? status ?? 500 }))
  .catch({ code: '', status: 500 });

/** Turns anything thrown while a request is answered into the problem that its caller may see. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { code, status } = KnownError.parse(error);
  const known = byCode[code] ?? byStatus[status];
  if (known !== undefined) return known();
  if (status >= 400 && status < 500) return new Problem('invalid-request', 'The server could not read the request.');
  return new Problem('internal-error', 'The request could not be answered. The log of the pod says why.');
}

const byCode: Readonly<Record<string, () => Problem>> = {
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new Problem('invalid-request', 'The body does not have the length that Content-Length says.'),
  FST_ERR_BAD_URL: () => new Problem('invalid-request', 'The address is not a valid URL.'),
  ERR_HTTP_REQUEST_TIMEOUT: () => new Problem('request-timeout', 'Send headers and body without pauses.'),
  HPE_HEADER_OVERFLOW: () => new Problem('headers-too-large', 'Headers may take 16 KiB altogether.'),
};

const byStatus: Readonly<Record<number, () => Problem>> = {
  413: () =>
    new Problem(
      'body-too-large',
      '/predict takes 256 KiB at most, /explain 1 MiB, /predict/batch 8 MiB. Send fewer rows at a time.',
    ),
  415: () =>
    new Problem('unsupported-media-type', 'Send the body as JSON with the header Content-Type: application/json.'),
};
