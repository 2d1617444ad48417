import type { Tie } from './ranked.js';

/** Area under the ROC curve, 0 to 1: how often a leaver scores above a stayer, ties counted half (Mann-Whitney). */
export function rocAuc(ties: readonly Tie[]): number {
  let positivesAbove = 0;
  let pairs = 0;
  let negatives = 0;
  for (const tie of ties) {
    const stayers = tie.rows - tie.positives;
    pairs += stayers * (positivesAbove + tie.positives / 2);
    positivesAbove += tie.positives;
    negatives += stayers;
  }
  return pairs / (positivesAbove * negatives);
}

/** Area under the precision-recall curve, as average precision: the sum of precision times the gain in recall. */
export function prAuc(ties: readonly Tie[]): number {
  const total = ties.reduce((sum, tie) => sum + tie.positives, 0);
  let rows = 0;
  let positives = 0;
  let area = 0;
  for (const tie of ties) {
    rows += tie.rows;
    positives += tie.positives;
    area += (positives / rows) * (tie.positives / total);
  }
  return area;
}

/** How many times more leavers than in all rows there are among the share of rows that scores highest; of a tie at the border, its part. */
export function lift(ties: readonly Tie[], share: number): number {
  const rows = ties.reduce((sum, tie) => sum + tie.rows, 0);
  const positives = ties.reduce((sum, tie) => sum + tie.positives, 0);
  const wanted = rows * share;
  let taken = 0;
  let found = 0;
  for (const tie of ties) {
    const part = Math.min(tie.rows, wanted - taken);
    if (part <= 0) break;
    taken += part;
    found += tie.positives * (part / tie.rows);
  }
  return found / taken / (positives / rows);
}
