export interface DecisionFigures {
  readonly f1: number;
  readonly precision: number;
  readonly recall: number;
  readonly accuracy: number;
}

/** Figures of the decision "leaves from this probability on"; 0 where nobody is found. */
export function decisionFigures(scores: Float32Array, labels: Float32Array, threshold: number): DecisionFigures {
  let found = 0;
  let flagged = 0;
  let leavers = 0;
  for (const [row, p] of scores.entries()) {
    const leaves = labels[row] === 1;
    if (leaves) leavers += 1;
    if (p < threshold) continue;
    flagged += 1;
    if (leaves) found += 1;
  }
  const wrong = flagged - found + (leavers - found);
  return {
    f1: ratio(2 * found, flagged + leavers),
    precision: ratio(found, flagged),
    recall: ratio(found, leavers),
    accuracy: ratio(scores.length - wrong, scores.length),
  };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
