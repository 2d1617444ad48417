import { setImmediate } from 'node:timers/promises';
import { Booster, type Parameters } from './booster.js';
import { Matrix } from './matrix.js';
import type { NativeLibrary } from './native-library.js';
import { selectRows, type Rows } from './rows.js';

/** Rounds without a better log loss on the fold's held-out rows after which its training ends. */
const PATIENCE = 50;

/** The most rounds that a model may have: full trees of depth 5 take 1.8 kB each in ONNX, and a ConfigMap holds 1 MB. */
const MAX_ROUNDS = 450;

/** The final model sees a quarter more rows than a fold's model, and so bears more rounds. */
const REFIT_FACTOR = 1.1;

export interface CrossValidation {
  /** Probability of each development row by a model that never saw it, in the order of `rows`. */
  readonly scores: Float32Array;
  /** Rounds for the model that is fitted on all of them. */
  readonly rounds: number;
}

export interface FoldedRows extends Rows {
  /** Fold of each row. */
  readonly fold: Uint8Array;
}

/**
 * Trains one model a fold on the rows of the other folds, with early stopping on its own rows by log loss.
 *
 * @param progress is told the share of the work that is done, 0 to 1.
 */
export async function crossValidate(
  library: NativeLibrary,
  parameters: Parameters,
  data: FoldedRows,
  progress: (share: number) => void,
): Promise<CrossValidation> {
  const folds = [...new Set(data.fold)].sort((a, b) => a - b);
  const scores = new Float32Array(data.labels.length);
  const bestRounds: number[] = [];
  for (const [position, fold] of folds.entries()) {
    const heldOut = indexes(data.fold, (value) => value === fold);
    const seen = indexes(data.fold, (value) => value !== fold);
    const result = await trainWithEarlyStopping(library, parameters, selectRows(data, seen), selectRows(data, heldOut));
    bestRounds.push(result.rounds);
    for (const [i, row] of heldOut.entries()) scores[row] = result.scores[i] ?? Number.NaN;
    progress((position + 1) / folds.length);
  }
  const mean = bestRounds.reduce((sum, rounds) => sum + rounds, 0) / bestRounds.length;
  return { scores, rounds: Math.min(MAX_ROUNDS, Math.max(1, Math.round(mean * REFIT_FACTOR))) };
}

interface FoldResult {
  readonly rounds: number;
  readonly scores: Float32Array;
}

async function trainWithEarlyStopping(
  library: NativeLibrary,
  parameters: Parameters,
  seen: Rows,
  heldOut: Rows,
): Promise<FoldResult> {
  using training = new Matrix(library, seen.values, seen.width, seen.labels);
  using validation = new Matrix(library, heldOut.values, heldOut.width, heldOut.labels);
  using booster = new Booster(library, parameters, [training, validation]);
  let best = { loss: Number.POSITIVE_INFINITY, round: 0 };
  for (let round = 0; round < MAX_ROUNDS && round - best.round < PATIENCE; round++) {
    booster.update(round, training);
    const loss = booster.evaluate(round, validation);
    if (loss < best.loss) best = { loss, round };
    // A round blocks the event loop; between two of them signals and messages get their turn.
    await setImmediate();
  }
  return { rounds: best.round + 1, scores: booster.predict(validation, best.round + 1) };
}

function indexes(fold: Uint8Array, wanted: (fold: number) => boolean): number[] {
  const found: number[] = [];
  for (const [row, value] of fold.entries()) if (wanted(value)) found.push(row);
  return found;
}
