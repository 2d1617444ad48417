import type { Log } from '../log.js';
import type { LoadedModel } from '../model/load-model.js';
import { readReplayRows } from '../model/replay-table.js';
import { rowEncoder } from '../model/row-encoder.js';
import type { ReplayRow } from './replay.js';

/**
 * The held-out rows of the pod's own artifact, each with the pod's own result; the golden rows where the artifact has no others
 * or they can't be read. Scored here once, apart from everything that is counted: they are no customers' requests.
 */
export async function ownReplayRows(model: LoadedModel, log: Log): Promise<readonly ReplayRow[]> {
  try {
    return await decided(model, await rowsOf(model, log));
  } catch (error) {
    log.error({ err: error }, 'The rows to replay could not be scored; none are replayed');
    return [];
  }
}

type Rows = NonNullable<Awaited<ReturnType<typeof readReplayRows>>>;

async function rowsOf({ folder, manifest }: LoadedModel, log: Log): Promise<Rows> {
  const golden = manifest.goldenRows.map(({ row }) => row);
  try {
    return (await readReplayRows(folder, manifest)) ?? golden;
  } catch (error) {
    // Without the cause: a parser's complaint quotes what it read, which are customers.
    const reason = error instanceof Error ? error.message : String(error);
    log.warn({ reason }, 'The rows to replay could not be read; the golden rows are replayed');
    return golden;
  }
}

async function decided({ manifest, engine }: LoadedModel, rows: Rows): Promise<ReplayRow[]> {
  const encoder = rowEncoder(manifest);
  const matrix = new Float32Array(rows.length * encoder.width);
  // A refused row leaves its place in the matrix to the next one.
  const accepted: Rows[number][] = [];
  for (const row of rows) {
    if (encoder.encode(row, matrix, accepted.length * encoder.width).kind === 'Encoded') accepted.push(row);
  }
  const probabilities = await engine.probabilities(
    matrix.subarray(0, accepted.length * encoder.width),
    accepted.length,
  );
  const { threshold } = manifest.decision;
  return accepted.map((row, position) => {
    const probability = probabilities[position] ?? Number.NaN;
    return { text: JSON.stringify(row), own: { probability, churn: probability >= threshold } };
  });
}
