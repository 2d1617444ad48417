import type { BinnedColumn } from './binned-column.js';

export interface ColumnAuc {
  /** 0 to 1: how often the column alone ranks a leaver above a stayer. */
  readonly auc: number;
  /** One-sided lower 95 % bound of it. */
  readonly lowerBound: number;
}

/** One-sided 95 % quantile of the standard normal distribution. */
const Z = 1.6449;

/** Weight of a neighbouring bin of numbers in the rate of a bin; of the next one its square, and so on. */
const NEIGHBOUR = 0.5;

/** Rows of the overall rate that are added to each bin, so that an unseen one has that rate. */
const PRIOR_ROWS = 1;

interface LabelledFolds {
  /** 1 for a leaver, 0 else. */
  readonly labels: Float32Array;
  readonly fold: Uint8Array;
}

/** Rows of one bin of one fold that share a score. */
interface Cell {
  readonly score: number;
  readonly leavers: number;
  readonly stayers: number;
}

/**
 * ROC AUC of one column: the score of a row is the share of leavers in its bin in the other folds, so that a column that names
 * each row scores no better than chance. Only rows of the same fold are compared. The bound is that of DeLong (1988) on the logit
 * scale; where not one pair is misranked, and the variance is therefore 0, that of Newcombe (2006, method 5).
 */
export function crossFittedAuc(column: BinnedColumn, { labels, fold }: LabelledFolds): ColumnAuc {
  const folds = countBins(column, labels, fold);
  const total = {
    leavers: addUp(folds.map(({ leavers }) => leavers)),
    rows: addUp(folds.map(({ rows }) => rows)),
  };
  const ranks = new Ranks();
  for (const own of folds) {
    const rates = ratesElsewhere(column, total, own);
    ranks.add(cellsOf(own, rates));
  }
  return ranks.auc();
}

/** How many rows, and leavers, each bin has. */
interface BinCounts {
  readonly leavers: Float64Array;
  readonly rows: Float64Array;
}

/** Of each fold. */
function countBins({ bins, count }: BinnedColumn, labels: Float32Array, fold: Uint8Array): BinCounts[] {
  const folds = Array.from({ length: Math.max(...new Set(fold)) + 1 }, () => ({
    leavers: new Float64Array(count),
    rows: new Float64Array(count),
  }));
  for (let row = 0; row < bins.length; row += 1) {
    const own = folds[fold[row] ?? 0];
    const bin = bins[row] ?? 0;
    if (own === undefined) continue;
    own.rows[bin] = (own.rows[bin] ?? 0) + 1;
    own.leavers[bin] = (own.leavers[bin] ?? 0) + (labels[row] ?? 0);
  }
  return folds;
}

/** The share of leavers of each bin in the other folds. */
function ratesElsewhere(column: BinnedColumn, total: BinCounts, own: BinCounts): Float64Array {
  const overall = sum(total.leavers) / sum(total.rows);
  const leavers = smooth(
    total.leavers.map((count, bin) => count - (own.leavers[bin] ?? 0)),
    column,
  );
  const rows = smooth(
    total.rows.map((count, bin) => count - (own.rows[bin] ?? 0)),
    column,
  );
  return leavers.map((count, bin) => (count + PRIOR_ROWS * overall) / ((rows[bin] ?? 0) + PRIOR_ROWS));
}

/** The bins that the fold has rows in. */
function cellsOf({ leavers, rows }: BinCounts, rates: Float64Array): Cell[] {
  const cells: Cell[] = [];
  for (const [bin, score] of rates.entries()) {
    const [positive, all] = [leavers[bin] ?? 0, rows[bin] ?? 0];
    if (all > 0) cells.push({ score, leavers: positive, stayers: all - positive });
  }
  return cells;
}

/** Adds to each ordered bin what its neighbours have, less and less with the distance: thin bins would rank by chance. */
function smooth(counts: Float64Array, { ordered }: BinnedColumn): Float64Array {
  const result = counts.slice();
  let [before, after] = [0, 0];
  for (let bin = 0; bin < ordered; bin += 1) {
    result[bin] = (result[bin] ?? 0) + before;
    before = NEIGHBOUR * (before + (counts[bin] ?? 0));
  }
  for (let bin = ordered - 1; bin >= 0; bin -= 1) {
    result[bin] = (result[bin] ?? 0) + after;
    after = NEIGHBOUR * (after + (counts[bin] ?? 0));
  }
  return result;
}

function addUp(counts: readonly Float64Array[]): Float64Array {
  return new Float64Array(counts[0]?.length ?? 0).map((_, bin) =>
    counts.reduce((total, each) => total + (each[bin] ?? 0), 0),
  );
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

/** How many rows share a share of the other class that they are ranked right against. */
interface Placement {
  readonly rows: number;
  readonly share: number;
}

/** Collects how the rows of each fold rank against those of the other class in it. */
class Ranks {
  readonly #leavers: Placement[] = [];
  readonly #stayers: Placement[] = [];
  #pairs = 0;
  #right = 0;

  add(cells: readonly Cell[]): void {
    const leavers = cells.reduce((total, cell) => total + cell.leavers, 0);
    const stayers = cells.reduce((total, cell) => total + cell.stayers, 0);
    if (leavers === 0 || stayers === 0) return;
    let [leaversAbove, stayersBelow] = [leavers, 0];
    for (const tie of mergeTies(cells)) {
      leaversAbove -= tie.leavers;
      const below = stayersBelow + tie.stayers / 2;
      this.#leavers.push({ rows: tie.leavers, share: below / stayers });
      this.#stayers.push({ rows: tie.stayers, share: (leaversAbove + tie.leavers / 2) / leavers });
      this.#right += tie.leavers * below;
      stayersBelow += tie.stayers;
    }
    this.#pairs += leavers * stayers;
  }

  auc(): ColumnAuc {
    if (this.#pairs === 0) return { auc: 0.5, lowerBound: 0 };
    const auc = this.#right / this.#pairs;
    const error = Math.sqrt(squaredError(this.#leavers, auc) + squaredError(this.#stayers, auc));
    if (auc < 1) return { auc, lowerBound: logitBound(auc, error) };
    return { auc, lowerBound: perfectBound(rowsIn(this.#leavers), rowsIn(this.#stayers)) };
  }
}

function mergeTies(cells: readonly Cell[]): Cell[] {
  const ties: Cell[] = [];
  for (const cell of cells.toSorted((a, b) => a.score - b.score)) {
    const last = ties.at(-1);
    if (last?.score !== cell.score) ties.push(cell);
    else
      ties[ties.length - 1] = {
        score: cell.score,
        leavers: last.leavers + cell.leavers,
        stayers: last.stayers + cell.stayers,
      };
  }
  return ties;
}

function rowsIn(placements: readonly Placement[]): number {
  return placements.reduce((total, { rows }) => total + rows, 0);
}

/** The part that one class has in the variance of the AUC. */
function squaredError(placements: readonly Placement[], auc: number): number {
  const rows = rowsIn(placements);
  const squares = placements.reduce((total, placement) => total + placement.rows * (placement.share - auc) ** 2, 0);
  return squares / (Math.max(1, rows - 1) * rows);
}

function logitBound(auc: number, error: number): number {
  if (auc <= 0) return 0;
  const logit = Math.log(auc / (1 - auc)) - (Z * error) / (auc * (1 - auc));
  return 1 / (1 + Math.exp(-logit));
}

/** The AUC from which a sample without a misranked pair is just as far away as chance allows. */
function perfectBound(leavers: number, stayers: number): number {
  const mean = (leavers + stayers) / 2 - 1;
  const error = (auc: number) =>
    Math.sqrt(((auc * (1 - auc)) / (leavers * stayers)) * (1 + mean * ((1 - auc) / (2 - auc) + auc / (1 + auc))));
  let [low, high] = [0, 1];
  for (let step = 0; step < 50; step += 1) {
    const middle = (low + high) / 2;
    if (1 - middle > Z * error(middle)) low = middle;
    else high = middle;
  }
  return low;
}
