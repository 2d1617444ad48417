/** Rows that share a score, from the highest score down. */
export interface Tie {
  readonly score: number;
  readonly rows: number;
  readonly positives: number;
}

/** Groups rows by score, highest first: rows with the same score can't be told apart by any figure about ranks. */
export function ranked(scores: Float32Array, labels: Float32Array): Tie[] {
  const order = Array.from(scores.keys()).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  const ties: { score: number; rows: number; positives: number }[] = [];
  for (const row of order) {
    const score = scores[row] ?? Number.NaN;
    const positive = labels[row] ?? 0;
    const last = ties.at(-1);
    if (last?.score === score) {
      last.rows += 1;
      last.positives += positive;
    } else ties.push({ score, rows: 1, positives: positive });
  }
  return ties;
}
