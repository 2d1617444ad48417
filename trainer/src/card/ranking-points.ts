import type { CardFigures } from '@churnops/crds';
import type { Tie } from '../evaluation/ranked.js';

type Point = CardFigures['ranking'][number];

/** Shares of the customers, from the highest probability down, that a card's table is about. Figures there are exact. */
export const tableShares = [0.01, 0.05, 0.1, 0.2, 0.3, 0.5] as const;

/** Points at equal distances along the ROC curve. */
const CURVE_POINTS = 120;

/**
 * Points of a ranking, the highest score first: what a curve needs to look the same, and those around each share of the table and
 * at the threshold. All of them where they are few.
 */
export function rankingPoints(ties: readonly Tie[], threshold: number): Point[] {
  const points = cumulated(ties);
  const [, rows, positives] = points.at(-1) ?? [0, 0, 0];
  const kept = new Set([points.length - 1, points.findLastIndex(([score]) => score >= threshold)]);
  for (const share of tableShares) {
    kept.add(points.findLastIndex(([, flagged]) => flagged <= share * rows));
    kept.add(points.findIndex(([, flagged]) => flagged >= share * rows));
  }
  let reached = 0;
  for (const [index, [, flagged, found]] of points.entries()) {
    const along = found / Math.max(1, positives) + (flagged - found) / Math.max(1, rows - positives);
    const step = Math.floor((along / 2) * CURVE_POINTS);
    if (step > reached) kept.add(index);
    reached = step;
  }
  return points.filter((_, index) => kept.has(index));
}

function cumulated(ties: readonly Tie[]): Point[] {
  let [flagged, found] = [0, 0];
  return ties.map(({ score, rows, positives }) => {
    flagged += rows;
    found += positives;
    return [score, flagged, found];
  });
}

/** Leavers among the highest share of the rows; of a tie at its border, its part. */
export function foundWithin(ranking: readonly Point[], share: number): number {
  const wanted = share * (ranking.at(-1)?.[1] ?? 0);
  let [before, foundBefore] = [0, 0];
  for (const [, flagged, found] of ranking) {
    if (flagged >= wanted) {
      const part = flagged === before ? 0 : (wanted - before) / (flagged - before);
      return foundBefore + part * (found - foundBefore);
    }
    [before, foundBefore] = [flagged, found];
  }
  return foundBefore;
}
