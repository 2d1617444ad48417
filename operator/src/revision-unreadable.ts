import { z } from 'zod';

/** A revision's spec or status does not fit this release. No retry helps: someone wrote it by hand, or with a newer release. */
export class RevisionUnreadable extends Error {
  override readonly name = 'RevisionUnreadable';

  constructor(revision: string, field: string, cause: unknown) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    super(`${field} of ChurnModelRevision ${revision} does not fit this release: ${why}`, { cause });
  }
}

/** Reads a part of a revision with `read`. Throws `RevisionUnreadable` for whatever that throws. */
export function readRevision<T>(revision: string, field: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new RevisionUnreadable(revision, field, error);
  }
}
