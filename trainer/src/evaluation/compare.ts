import type { Manifest } from '@churnops/crds';
import { seededRandom } from '../seeded-random.js';
import { bootstrap } from './bootstrap.js';
import { figuresOf, type Figures, type JudgedDecision } from './figures.js';
import { rounded, roundedIntervals } from './judge.js';
import { rankingOf } from './ranking.js';

/** Probabilities of one model with the decision that it is served with. */
export interface Contender {
  readonly scores: Float32Array;
  readonly decision: JudgedDecision;
}

export type Comparison = Omit<NonNullable<Manifest['comparison']>, 'artifactSha256' | 'rows'>;

/**
 * Compares two models on the same rows: each sample of the bootstrap holds the same rows for both, so that what is hard about
 * them for both cancels out. 6 decimals.
 */
export function compare(candidate: Contender, current: Contender, labels: Float32Array, seed: number): Comparison {
  const [ours, theirs] = [rankingOf(candidate.scores, labels), rankingOf(current.scores, labels)];
  const change = (weights?: Uint32Array) =>
    changeOf(figuresOf(ours, candidate.decision, weights), figuresOf(theirs, current.decision, weights));
  const intervals = bootstrap(labels.length, seededRandom(seed, 'comparison'), change);
  return {
    current: rounded(figuresOf(theirs, current.decision)),
    change: rounded(change()),
    intervals: roundedIntervals(intervals),
  };
}

/** What the candidate adds to each figure; to `CalibrationZ` by its absolute value, as gates judge it. */
function changeOf(candidate: Figures, current: Figures): Record<string, number> {
  const before = new Map(Object.entries(current));
  const added = Object.entries(candidate).map(
    ([name, value]) => [name, value - (before.get(name) ?? Number.NaN)] as const,
  );
  const z = Math.abs(candidate.CalibrationZ) - Math.abs(current.CalibrationZ);
  return { ...Object.fromEntries(added), CalibrationZ: z };
}
