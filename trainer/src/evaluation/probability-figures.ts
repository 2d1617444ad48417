/** Nearest to 0 and 1 that a probability counts as in the log loss, so that one float32 that rounds to 1 is not infinite. */
const EDGE = 1e-7;

/** Mean negative log likelihood in nats. */
export function logLoss(scores: Float32Array, labels: Float32Array): number {
  return mean(scores, labels, (p, y) => {
    const bounded = Math.min(1 - EDGE, Math.max(EDGE, p));
    return -Math.log(y === 1 ? bounded : 1 - bounded);
  });
}

/** Mean squared difference between probability and outcome. */
export function brier(scores: Float32Array, labels: Float32Array): number {
  return mean(scores, labels, (p, y) => (p - y) ** 2);
}

/**
 * Spiegelhalter's z (Statistics in Medicine 5, 1986): standard normal when the probabilities mean what they say. 0 when no
 * probability differs from one half, which the statistic can't judge.
 */
export function calibrationZ(scores: Float32Array, labels: Float32Array): number {
  let excess = 0;
  let variance = 0;
  for (const [row, p] of scores.entries()) {
    const y = labels[row] ?? 0;
    excess += (y - p) * (1 - 2 * p);
    variance += (1 - 2 * p) ** 2 * p * (1 - p);
  }
  return variance === 0 ? 0 : excess / Math.sqrt(variance);
}

function mean(
  scores: Float32Array,
  labels: Float32Array,
  term: (probability: number, label: number) => number,
): number {
  let sum = 0;
  for (const [row, p] of scores.entries()) sum += term(p, labels[row] ?? 0);
  return sum / scores.length;
}
