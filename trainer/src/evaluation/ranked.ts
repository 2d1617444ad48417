import { rankingOf } from './ranking.js';

/** Rows that share a score, from the highest score down. */
export interface Tie {
  readonly score: number;
  readonly rows: number;
  readonly positives: number;
}

/** Groups rows by score, highest first: rows with the same score can't be told apart by any figure about ranks. */
export function ranked(scores: Float32Array, labels: Float32Array): Tie[] {
  const ranking = rankingOf(scores, labels);
  const ties: Tie[] = [];
  let [rows, positives] = [0, 0];
  for (const [rank, score] of ranking.scores.entries()) {
    rows += 1;
    positives += ranking.labels[rank] ?? 0;
    if (ranking.endsTie[rank] === 0) continue;
    ties.push({ score, rows, positives });
    [rows, positives] = [0, 0];
  }
  return ties;
}
