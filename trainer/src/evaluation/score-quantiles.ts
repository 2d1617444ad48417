import { SCORE_BINS } from '@churnops/crds';

/**
 * The scores that 5 %, 10 %, ... 95 % of the rows do not exceed, ascending: the edges of the bins that a server counts scores in.
 * Each is a score that occurs (type 1 of Hyndman and Fan 1996), so scores that many rows share make bins that stay empty.
 */
export function scoreQuantiles(scores: Float32Array): number[] {
  const ascending = scores.toSorted();
  return Array.from({ length: SCORE_BINS - 1 }, (_, edge) => {
    return ascending[Math.ceil(((edge + 1) * ascending.length) / SCORE_BINS) - 1] ?? 0;
  });
}
