import { setImmediate } from 'node:timers/promises';
import { Booster, type Parameters } from './booster.js';
import { scoringMatrix, trainingMatrix } from './matrix.js';
import type { NativeLibrary } from './native-library.js';
import { selectRows, type Rows } from './rows.js';
import { binsOf } from './search-space.js';

/** Rounds without a better log loss on the fold's held-out rows after which its training ends. */
const PATIENCE = 50;

/** The most rounds that early stopping may find best. */
const MAX_ROUNDS = 1200;

/** The final model sees a quarter more rows than a fold's model, and so bears more rounds. */
const REFIT_FACTOR = 1.1;

export interface FoldedRows extends Rows {
  /** Fold of each row. */
  readonly fold: Uint8Array;
}

/** What to train the models of the folds with. */
export interface Trial {
  readonly parameters: Parameters;
  /** Trees of every model, where the user fixed them: nothing is stopped early then. */
  readonly rounds?: number;
}

export interface CrossValidation {
  readonly parameters: Parameters;
  /** Log odds of each development row by a model that never saw it, in the order of `rows`. */
  readonly margins: Float32Array;
  /** Trees for the model that is fitted on all of them. */
  readonly rounds: number;
  /** Log loss on the held-out rows of each fold, by the position of the fold. */
  readonly losses: readonly number[];
  /** Log loss over all rows. */
  readonly loss: number;
}

/** Where a trial may end before its last fold. */
export interface TrialLimits {
  /** Told the log losses so far after each fold: true when the trial can't win any more. */
  readonly isHopeless: (losses: readonly number[]) => boolean;
  /** Asked after each round: true when there is no time left. */
  readonly isLate: () => boolean;
}

/**
 * Trains one model a fold on the rows of the other folds, with early stopping on its own rows by log loss.
 *
 * @returns `Hopeless` or `Late` when it ended before the last fold
 */
export async function crossValidate(
  library: NativeLibrary,
  trial: Trial,
  data: FoldedRows,
  limits: TrialLimits,
): Promise<CrossValidation | 'Hopeless' | 'Late'> {
  const folds = [...new Set(data.fold)].sort((a, b) => a - b);
  const margins = new Float32Array(data.labels.length);
  const done: { rows: number; rounds: number; loss: number }[] = [];
  for (const fold of folds) {
    const heldOut = positions(data.fold, (value) => value === fold);
    const seen = positions(data.fold, (value) => value !== fold);
    const parts = { seen: selectRows(data, seen), heldOut: selectRows(data, heldOut) };
    const result = await trainWithEarlyStopping(library, trial, parts, limits.isLate);
    if (result === undefined) return 'Late';
    for (const [i, row] of heldOut.entries()) margins[row] = result.margins[i] ?? Number.NaN;
    done.push({ rows: heldOut.length, rounds: result.rounds, loss: result.loss });
    if (limits.isHopeless(done.map(({ loss }) => loss))) return 'Hopeless';
  }
  return {
    parameters: trial.parameters,
    margins,
    rounds: trial.rounds ?? refitRounds(done.map(({ rounds }) => rounds)),
    losses: done.map(({ loss }) => loss),
    loss: done.reduce((sum, { rows, loss }) => sum + rows * loss, 0) / data.labels.length,
  };
}

function refitRounds(rounds: readonly number[]): number {
  const mean = rounds.reduce((sum, each) => sum + each, 0) / rounds.length;
  return Math.max(1, Math.round(mean * REFIT_FACTOR));
}

interface FoldResult {
  readonly rounds: number;
  readonly loss: number;
  readonly margins: Float32Array;
}

async function trainWithEarlyStopping(
  library: NativeLibrary,
  trial: Trial,
  { seen, heldOut }: { seen: Rows; heldOut: Rows },
  isLate: () => boolean,
): Promise<FoldResult | undefined> {
  using training = trainingMatrix(library, seen, binsOf(trial.parameters));
  using validation = scoringMatrix(library, heldOut);
  using booster = new Booster(library, trial.parameters, [training, validation]);
  const [most, patience] = [trial.rounds ?? MAX_ROUNDS, trial.rounds ?? PATIENCE];
  let best = { loss: Number.POSITIVE_INFINITY, round: 0 };
  for (let round = 0; round < most && round - best.round < patience; round++) {
    booster.update(round, training);
    best = betterRound(best, { round, most, isFixed: trial.rounds !== undefined }, () =>
      booster.evaluate(round, validation),
    );
    // A round blocks the event loop; between two of them signals and messages get their turn.
    await setImmediate();
    if (isLate()) return undefined;
  }
  return { rounds: best.round + 1, loss: best.loss, margins: booster.margins(validation, best.round + 1) };
}

interface JudgedRound {
  readonly loss: number;
  readonly round: number;
}

/** Of a fixed number of rounds the last one counts, and no other is judged. */
function betterRound(
  best: JudgedRound,
  { round, most, isFixed }: { round: number; most: number; isFixed: boolean },
  judge: () => number,
): JudgedRound {
  if (isFixed && round < most - 1) return { loss: best.loss, round };
  const loss = judge();
  return isFixed || loss < best.loss ? { loss, round } : best;
}

function positions(fold: Uint8Array, wanted: (fold: number) => boolean): number[] {
  const found: number[] = [];
  for (let row = 0; row < fold.length; row += 1) if (wanted(fold[row] ?? 0)) found.push(row);
  return found;
}
