import type { FieldProblem } from '../model/row-encoder.js';

/** Every way a request can fail: status and title of its problem document (RFC 9457). */
const kinds = {
  'invalid-json': { status: 400, title: 'The body is not valid JSON' },
  'invalid-request': { status: 400, title: 'The request does not fit the API' },
  'invalid-row': { status: 400, title: 'The row does not fit the training table' },
  unauthorized: { status: 401, title: 'A valid API key is needed' },
  'not-found': { status: 404, title: 'There is nothing at this address' },
  'method-not-allowed': { status: 405, title: 'This address does not take this method' },
  'not-explainable': { status: 409, title: 'This revision gives no reasons' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'batch-too-large': { status: 413, title: 'The batch has too many rows' },
  'unsupported-media-type': { status: 415, title: 'The body must be JSON' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  'internal-error': { status: 500, title: 'The server failed' },
  'answer-timeout': { status: 503, title: 'The answer took too long' },
  unavailable: { status: 503, title: 'The server does not take requests now' },
} as const;

export type ProblemKind = keyof typeof kinds;

export interface ProblemExtras {
  readonly errors?: readonly FieldProblem[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Ends a request with a problem document. `detail` is a sentence for the caller: no internals. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly kind: ProblemKind,
    readonly detail: string,
    private readonly extras: ProblemExtras = {},
  ) {
    super(detail);
    this.status = kinds[kind].status;
    this.headers = extras.headers ?? {};
  }

  /** The body, of media type `application/problem+json`. */
  document(requestId?: string): Record<string, unknown> {
    const { status, title } = kinds[this.kind];
    return {
      type: `urn:churnops:problem:${this.kind}`,
      title,
      status,
      detail: this.detail,
      ...(this.extras.errors && { errors: this.extras.errors }),
      ...(requestId !== undefined && { requestId }),
    };
  }
}

export const PROBLEM_JSON = 'application/problem+json; charset=utf-8';
