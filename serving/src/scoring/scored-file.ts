import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import { UsageError } from '../commands/usage-error.js';

export type ScoredCells = readonly [key: string, probability: string, churn: string, rank: string];

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
    await pipeline(rows, lines, toStdout()).catch((error: unknown) => {
      throw writeProblem(error, 'stdout');
    });
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

/** Stdout must not be ended, and a reader that has enough (as `head`) is no error: the rest goes nowhere. */
function toStdout(): Writable {
  // Every write is told its own error; without a listener the process would end at once.
  process.stdout.on('error', () => undefined);
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      process.stdout.write(chunk, (error) => {
        done(error != null && !isGoneReader(error) ? error : null);
      });
    },
  });
}

function isGoneReader(error: Error): boolean {
  return 'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED');
}

function writeProblem(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return error;
  return new UsageError(`${path} can't be written (${String(error.code)}): choose another file with --out.`);
}
