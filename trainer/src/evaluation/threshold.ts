import type { TrainingInput } from '@churnops/crds';
import { dataInvalid } from '../failure.js';
import { ranked, type Tie } from './ranked.js';

/**
 * The probability from which a customer counts as leaving, 4 decimals, above 0 and below 1.
 *
 * @param scores out-of-fold probabilities: each by a model that never saw the row.
 */
export function chooseThreshold(
  decision: TrainingInput['decision'],
  scores: Float32Array,
  labels: Float32Array,
): number {
  return decision.thresholdPolicy === 'Fixed'
    ? fixedThreshold(decision.fixedThreshold)
    : maximumF1(ranked(scores, labels));
}

function fixedThreshold(text: string | undefined): number {
  const threshold = fourDecimals(Number(text));
  if (threshold > 0 && threshold < 1) return threshold;
  throw dataInvalid(`The fixed threshold "${text ?? ''}" is not a number above 0 and below 1.`);
}

/** Between the lowest score that counts as leaving and the next lower one, so that a rounding error moves no row across. */
function maximumF1(ties: readonly Tie[]): number {
  const leavers = ties.reduce((sum, tie) => sum + tie.positives, 0);
  let best = { f1: -1, threshold: 0.5 };
  let flagged = 0;
  let found = 0;
  for (const [position, tie] of ties.entries()) {
    flagged += tie.rows;
    found += tie.positives;
    const f1 = (2 * found) / (flagged + leavers);
    if (f1 > best.f1) best = { f1, threshold: (tie.score + (ties[position + 1]?.score ?? 0)) / 2 };
  }
  return Math.min(0.9999, Math.max(0.0001, fourDecimals(best.threshold)));
}

function fourDecimals(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
