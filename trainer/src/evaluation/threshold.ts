import type { Profit, TrainingInput } from '@churnops/crds';
import { dataInvalid } from '../failure.js';
import { profitFigures, type ProfitFigures } from './profit.js';
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
  switch (decision.thresholdPolicy) {
    case 'Fixed':
      return fixedThreshold(decision.fixedThreshold);
    case 'MaximumF1':
      return maximumF1(ranked(scores, labels));
    case 'MaximumProfit':
      return maximumProfit(decision.profit);
    case 'TopFraction':
      return topFraction(ranked(scores, labels), (scores.length * decision.topFractionPercent) / 100);
  }
}

function fixedThreshold(text: string | undefined): number {
  const threshold = fourDecimals(Number(text));
  if (threshold > 0 && threshold < 1) return threshold;
  throw dataInvalid(`The fixed threshold "${text ?? ''}" is not a number above 0 and below 1.`);
}

/** Between the lowest score that counts as leaving and the next lower one, so that a rounding error moves no row across. */
function maximumF1(ties: readonly Tie[]): number {
  const leavers = ties.reduce((sum, tie) => sum + tie.positives, 0);
  let best = { f1: -1, position: 0 };
  let flagged = 0;
  let found = 0;
  for (const [position, tie] of ties.entries()) {
    flagged += tie.rows;
    found += tie.positives;
    const f1 = (2 * found) / (flagged + leavers);
    if (f1 > best.f1) best = { f1, position };
  }
  return below(ties, best.position);
}

/**
 * Where an offer brings as much as it costs. It follows from the figures alone and not from the scores: moved between two of
 * them it would be another threshold.
 */
function maximumProfit(profit: Profit): number {
  const { leaverGain, stayerCost } = readProfit(profit);
  return inside(stayerCost / (leaverGain + stayerCost));
}

/** Profit of contacting, where an offer can pay at all; throws a TrainingProblem (DataInvalid) where none can. */
function readProfit(profit: Profit): ProfitFigures {
  const figures = profitFigures(profit);
  if (figures.leaverGain > 0) return figures;
  throw dataInvalid(
    'No offer ever pays: in spec.decision.profit acceptanceProbability * (customerValue - offerCost) must be above contactCost.',
  );
}

/** Where as many rows as wanted count as leaving, as nearly as rows with equal scores allow. */
function topFraction(ties: readonly Tie[], wanted: number): number {
  let flagged = 0;
  let best = { distance: Number.POSITIVE_INFINITY, position: 0 };
  for (const [position, tie] of ties.entries()) {
    flagged += tie.rows;
    const distance = Math.abs(flagged - wanted);
    if (distance < best.distance) best = { distance, position };
  }
  return below(ties, best.position);
}

/** The middle between the score at a position and the next lower one. */
function below(ties: readonly Tie[], position: number): number {
  return inside(((ties[position]?.score ?? 1) + (ties[position + 1]?.score ?? 0)) / 2);
}

function inside(threshold: number): number {
  return Math.min(0.9999, Math.max(0.0001, fourDecimals(threshold)));
}

function fourDecimals(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
