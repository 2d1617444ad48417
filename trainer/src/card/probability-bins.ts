import { PROBABILITY_BINS, type CardFigures } from '@churnops/crds';

/** Counts rows in equally wide bins of their probability. */
export function probabilityBins(scores: Float32Array, labels: Float32Array): CardFigures['bins'] {
  const bins = Array.from({ length: PROBABILITY_BINS }, () => ({ rows: 0, positives: 0, sum: 0 }));
  for (const [row, score] of scores.entries()) {
    const bin = bins[Math.min(PROBABILITY_BINS - 1, Math.floor(score * PROBABILITY_BINS))];
    if (bin === undefined) continue;
    bin.rows += 1;
    bin.positives += labels[row] ?? 0;
    bin.sum += score;
  }
  return bins.map(({ rows, positives, sum }) => ({
    rows,
    positives,
    meanProbability: rows === 0 ? 0 : Math.round((sum / rows) * 1e6) / 1e6,
  }));
}
