import { z } from 'zod';

const Status = z.looseObject({
  message: z.string().optional(),
  reason: z.string().optional(),
  code: z.number().optional(),
  details: z
    .looseObject({
      retryAfterSeconds: z.number().optional(),
      causes: z.array(z.looseObject({ reason: z.string().optional() })).optional(),
    })
    .optional(),
});

/** The API server said no. `reason` is the `Status` reason, for example `AlreadyExists`, `Conflict`, `Expired`, `Forbidden`. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  readonly reason: string;
  /** Seconds to wait before the next try, when the API server names them. */
  readonly retryAfter: number | undefined;
  /** Reasons of the `Status` causes, for example `NamespaceTerminating`. */
  readonly causes: readonly string[];

  constructor(message: string, details: ApiErrorDetails) {
    super(message);
    this.code = details.code;
    this.reason = details.reason;
    this.retryAfter = details.retryAfter;
    this.causes = details.causes ?? [];
  }
}

export interface ApiErrorDetails {
  readonly code: number;
  readonly reason: string;
  readonly retryAfter?: number | undefined;
  readonly causes?: readonly string[] | undefined;
}

/** The call never got an answer: the connection broke, or the time was over. Whether a write took place is not known. */
export class ApiUnreachable extends Error {
  override readonly name = 'ApiUnreachable';
}

/** Whether an error is the API server's answer with one of these reasons. */
export function hasReason(error: unknown, ...reasons: readonly string[]): error is ApiError {
  return error instanceof ApiError && reasons.includes(error.reason);
}

/** Whether a write was refused because its namespace is being deleted: nothing can be made there any more. */
export function isNamespaceTerminating(error: unknown): boolean {
  return error instanceof ApiError && error.causes.includes('NamespaceTerminating');
}

/** Whether the resource version that a list or watch started from is too old: list again. */
export function isExpired(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 410 || error.reason === 'Expired' || error.reason === 'Gone');
}

/** Builds the error from what the API server answered. `call` names the request, for example `GET /api/v1/pods`. */
export function apiErrorFrom(
  call: string,
  answer: { code: number; body: string; retryAfter?: string | undefined },
): ApiError {
  const status = parseStatus(answer.body);
  const header = Number(answer.retryAfter);
  const retryAfter = status.details?.retryAfterSeconds ?? (header > 0 ? header : undefined);
  const message = status.message ?? (answer.body.slice(0, 300) || 'no message');
  return new ApiError(`${call} was answered with ${answer.code}: ${message}`, {
    code: answer.code,
    reason: status.reason ?? reasonOf(answer.code),
    retryAfter,
    causes: causesOf(status),
  });
}

/** Builds the error from the object of an ERROR event of a watch. */
export function apiErrorFromStatus(call: string, object: unknown): ApiError {
  const status = Status.safeParse(object).data ?? {};
  const code = status.code ?? 500;
  return new ApiError(`${call} ended: ${status.message ?? 'no message'}`, {
    code,
    reason: status.reason ?? reasonOf(code),
    retryAfter: status.details?.retryAfterSeconds,
  });
}

function causesOf({ details }: z.infer<typeof Status>): readonly string[] {
  return details?.causes?.flatMap(({ reason }) => reason ?? []) ?? [];
}

function parseStatus(body: string): z.infer<typeof Status> {
  try {
    return Status.safeParse(JSON.parse(body)).data ?? {};
  } catch {
    // A proxy in between answers in HTML or plain text: the text itself is the message.
    return {};
  }
}

function reasonOf(code: number): string {
  return (
    new Map([
      [401, 'Unauthorized'],
      [403, 'Forbidden'],
      [404, 'NotFound'],
      [409, 'Conflict'],
      [410, 'Gone'],
      [422, 'Invalid'],
      [429, 'TooManyRequests'],
    ]).get(code) ?? 'Unknown'
  );
}
