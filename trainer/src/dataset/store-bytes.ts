import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { dataInvalid } from '../failure.js';

/** Larger tables do not fit a training pod's disk and memory. */
const MAX_BYTES = 2 * 1024 ** 3;

/** Bytes that a table may still have, over all of its files. */
export class SizeBudget {
  readonly #uri: string;
  #left = MAX_BYTES;

  /** @param uri of the table, for messages */
  constructor(uri: string) {
    this.#uri = uri;
  }

  /** @throws TrainingProblem (DataInvalid) when there are not so many bytes left. */
  check(bytes: number): void {
    if (bytes > this.#left) {
      throw dataInvalid(
        `${this.#uri} is larger than 2 GiB, which is the most that a table may have: leave out columns or rows.`,
      );
    }
  }

  take(bytes: number): void {
    this.check(bytes);
    this.#left -= bytes;
  }
}

export interface Stored {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/**
 * Writes what a server sends to a file. The budget is charged only when all has come: a try that fails costs nothing.
 *
 * @throws TrainingProblem (DataInvalid) when it is more than the budget has left.
 */
export async function storeBytes(
  chunks: AsyncIterable<Buffer>,
  path: string,
  { budget, signal }: { budget: SizeBudget; signal?: AbortSignal | undefined },
): Promise<Stored> {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(
    chunks,
    async function* (source: AsyncIterable<Buffer>) {
      for await (const chunk of source) {
        bytes += chunk.length;
        budget.check(bytes);
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(path),
    { ...(signal && { signal }) },
  );
  budget.take(bytes);
  return { bytes, sha256: hash.digest('hex') };
}
