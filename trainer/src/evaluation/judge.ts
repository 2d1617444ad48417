import { seededRandom } from '../seeded-random.js';
import { bootstrap, type Interval } from './bootstrap.js';
import { figuresOf, type Figures, type JudgedDecision } from './figures.js';
import { perfectEce95 } from './perfect-ece.js';
import { rankingOf } from './ranking.js';

/** What a model is worth on held-out rows. */
export interface Judgement {
  /** 6 decimals. `ECEPerfect95`: what `ECE` stays below in 95 % of cases if the probabilities are right. */
  readonly metrics: Figures & { readonly ECEPerfect95: number };
  /** 95 % intervals of the figures, 6 decimals. */
  readonly intervals: Record<string, Interval>;
}

/** Judges probabilities against outcomes, once, with the threshold that the model will be served with. */
export function judge(scores: Float32Array, labels: Float32Array, decision: JudgedDecision, seed: number): Judgement {
  const ranking = rankingOf(scores, labels);
  const figures = figuresOf(ranking, decision);
  const perfect = perfectEce95(ranking, seededRandom(seed, 'perfect calibration'));
  const intervals = bootstrap(scores.length, seededRandom(seed, 'bootstrap'), (weights) =>
    figuresOf(ranking, decision, weights),
  );
  return {
    metrics: { ...rounded(figures), ECEPerfect95: sixDecimals(perfect) },
    intervals: roundedIntervals(intervals),
  };
}

/** Point figures, 6 decimals. */
export function judgePlainly(scores: Float32Array, labels: Float32Array, decision: JudgedDecision): Figures {
  return rounded(figuresOf(rankingOf(scores, labels), decision));
}

/** The figures of a model that gives everybody the share of leavers that was seen in training. */
export function judgeBaseline(share: number, labels: Float32Array, decision: JudgedDecision): Figures {
  return judgePlainly(new Float32Array(labels.length).fill(share), labels, decision);
}

/** Rounds every figure to 6 decimals. */
export function rounded<T extends Readonly<Record<string, number>>>(figures: T): T {
  const copy = { ...figures };
  return Object.assign(
    copy,
    Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, sixDecimals(value)])),
  );
}

/** Rounds both ends to 6 decimals. */
export function roundedIntervals(intervals: Readonly<Record<string, Interval>>): Record<string, Interval> {
  return Object.fromEntries(
    Object.entries(intervals).map(([name, [low, high]]) => [name, [sixDecimals(low), sixDecimals(high)]]),
  );
}

function sixDecimals(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
