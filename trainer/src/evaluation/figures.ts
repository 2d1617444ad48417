import type { GateMetric } from '@churnops/crds';
import type { ProfitFigures } from './profit.js';
import { CALIBRATION_BINS, rankingOf, type Ranking } from './ranking.js';

/** Part of the rows, from the highest score down, that the lift is measured in. */
const LIFT_SHARE = 0.1;

export type FigureName = GateMetric | 'ECE' | 'Lift10' | 'Accuracy' | 'ProfitPerCustomer';

/** Figures on held-out rows. `CalibrationZ` is Spiegelhalter's, `ECE` the expected calibration error. */
export type Figures = Readonly<Record<FigureName, number>>;

/** The decision that is judged. */
export interface JudgedDecision {
  /** A customer counts as leaving from this probability on. */
  readonly threshold: number;
  readonly profit: ProfitFigures;
}

/**
 * Figures of ranked rows.
 *
 * @param weights how often each row counts, by row: for samples of the rows; without it each counts once
 */
export function figuresOf(ranking: Ranking, decision: JudgedDecision, weights?: Uint32Array): Figures {
  const counts = countsOf(ranking, weights);
  return {
    ...rankFigures(ranking, counts),
    ...probabilityFigures(ranking, counts),
    ...decided(ranking, counts, decision),
  };
}

/** How often a leaver scores above a stayer, ties counted half; NaN when all rows are of one kind. */
export function rocAuc(scores: Float32Array, labels: Float32Array): number {
  const ranking = rankingOf(scores, labels);
  return rankFigures(ranking, countsOf(ranking)).RocAUC;
}

interface Counts {
  /** How often the row at each rank counts. */
  readonly byRank: Uint32Array;
  readonly rows: number;
  readonly positives: number;
}

function countsOf({ rows, labels }: Ranking, weights?: Uint32Array): Counts {
  const byRank = new Uint32Array(rows.length);
  let [total, positives] = [0, 0];
  for (let rank = 0; rank < rows.length; rank++) {
    const count = weights === undefined ? 1 : (weights[rows[rank] ?? 0] ?? 0);
    byRank[rank] = count;
    total += count;
    positives += count * (labels[rank] ?? 0);
  }
  return { byRank, rows: total, positives };
}

/**
 * `RocAUC`: how often a leaver scores above a stayer, ties counted half (Mann-Whitney). `PrAUC`: average precision, the sum of
 * precision times the gain in recall. `Lift10`: how many times more leavers than in all rows there are in the highest tenth; of a
 * tie at its border, its part.
 */
function rankFigures({ labels, endsTie }: Ranking, { byRank, rows, positives }: Counts) {
  const wanted = rows * LIFT_SHARE;
  let [seen, found, pairs, area, lifted] = [0, 0, 0, 0, 0];
  let [tied, tiedPositives] = [0, 0];
  for (let rank = 0; rank < byRank.length; rank++) {
    const count = byRank[rank] ?? 0;
    tied += count;
    tiedPositives += count * (labels[rank] ?? 0);
    if (endsTie[rank] === 0 || tied === 0) continue;
    pairs += (tied - tiedPositives) * (found + tiedPositives / 2);
    if (seen < wanted) lifted += tiedPositives * Math.min(1, (wanted - seen) / tied);
    seen += tied;
    found += tiedPositives;
    area += (found / seen) * tiedPositives;
    [tied, tiedPositives] = [0, 0];
  }
  return {
    RocAUC: pairs / (positives * (rows - positives)),
    PrAUC: area / positives,
    Lift10: lifted / wanted / (positives / rows),
  };
}

/**
 * `LogLoss` in nats, `Brier`: means. `CalibrationZ`: Spiegelhalter's z (Statistics in Medicine 5, 1986), standard normal when the
 * probabilities mean what they say; 0 when none differs from one half, which it can't judge. `ECE`: mean difference between
 * probability and outcome over ten equally wide bins, weighted by their rows.
 */
function probabilityFigures(ranking: Ranking, { byRank, rows }: Counts) {
  const { labels, scores, bins, losses } = ranking;
  let [loss, squares, excess, variance] = [0, 0, 0, 0];
  const gaps = new Float64Array(CALIBRATION_BINS);
  for (let rank = 0; rank < byRank.length; rank++) {
    const count = byRank[rank] ?? 0;
    const p = valueAt(scores, rank);
    const difference = valueAt(labels, rank) - p;
    const side = 1 - 2 * p;
    loss += count * valueAt(losses, rank);
    squares += count * difference * difference;
    excess += count * difference * side;
    variance += count * side * side * p * (1 - p);
    const bin = valueAt(bins, rank);
    gaps[bin] = valueAt(gaps, bin) + count * difference;
  }
  return {
    LogLoss: loss / rows,
    Brier: squares / rows,
    CalibrationZ: variance === 0 ? 0 : excess / Math.sqrt(variance),
    ECE: gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / rows,
  };
}

function valueAt(values: Float64Array | Uint8Array, position: number): number {
  return values[position] ?? Number.NaN;
}

/** Figures of the decision "leaves from this probability on"; 0 where nobody is found. */
function decided({ labels, scores }: Ranking, { byRank, rows, positives }: Counts, decision: JudgedDecision) {
  let [flagged, found] = [0, 0];
  for (let rank = 0; (scores[rank] ?? -1) >= decision.threshold; rank++) {
    const count = byRank[rank] ?? 0;
    flagged += count;
    found += count * (labels[rank] ?? 0);
  }
  const { leaverGain, stayerCost } = decision.profit;
  return {
    F1: ratio(2 * found, flagged + positives),
    Precision: ratio(found, flagged),
    Recall: ratio(found, positives),
    Accuracy: ratio(rows - (flagged - found) - (positives - found), rows),
    ProfitPerCustomer: (found * leaverGain - (flagged - found) * stayerCost) / rows,
  };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
