import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import { UsageError } from '../commands/usage-error.js';

type ScoredCells = readonly [key: string, probability: string, churn: string, rank: string];

/**
 * Writes rows as CSV to `path`, or to stdout when it is `-`. A file appears under its name only when it is whole.
 *
 * @throws UsageError when the file can't be written.
 */
export async function writeScored(
  path: string,
  header: readonly string[],
  rows: AsyncIterable<ScoredCells>,
): Promise<void> {
  const lines = stringify({ header: true, columns: [...header] });
  if (path === '-') {
    await pipeline(rows, lines, toStdout());
    return;
  }
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    await pipeline(rows, lines, createWriteStream(unfinished));
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw writeProblem(error, path);
  }
}

/** Stdout must not be ended, and a reader that has enough (as `head`) is no error. */
function toStdout(): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (process.stdout.write(chunk)) done();
      else process.stdout.once('drain', done);
    },
  });
}

function writeProblem(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return error;
  return new UsageError(`${path} can't be written (${String(error.code)}): choose another file with --out.`);
}
