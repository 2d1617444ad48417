import type { AnalysisSettings } from './analysis-settings.js';

/** Rows of users, or held-out rows of the artifact that are sent where users send too few. */
export type Source = 'Live' | 'Replay';

/** What the tests on the rows of one source may use up. */
export interface Levels {
  /** The chance to roll back an equally good model. */
  readonly fail: number;
  /** The chance to pass one that is too bad. */
  readonly pass: number;
}

/** The part of the error probability that each test may use up (section 7): their sum is the chance of a wrong rollback. */
const SHARES = { failures: 0.4, latency: 0.3, failureLimit: 0.1, scoreShift: 0.1, decisionFlips: 0.1 } as const;
/** How likely a candidate that is too bad in the last step may pass there. */
const PASS_PROBABILITY = 0.05;
/** Where there may be replayed rows, users' rows keep most of both: they are what a verdict is wanted on, and come slower. */
const PARTS = { Live: { fail: 0.75, pass: 0.8 }, Replay: { fail: 0.25, pass: 0.2 } } as const;

/**
 * The bake has an error probability of its own. `bound` is for the share of slow requests before, which its limit for slow ones
 * rests on.
 */
const BAKE_SHARES = { failures: 0.5, latency: 0.4, bound: 0.1 } as const;

export type TestName = keyof typeof SHARES;

/** The levels of the tests on the rows of a source. Those of both sources add up to what the settings allow. */
export function levelsOf(
  source: Source,
  { errorProbability, replays }: Pick<AnalysisSettings, 'errorProbability' | 'replays'>,
): Levels {
  const alone = { Live: { fail: 1, pass: 1 }, Replay: { fail: 0, pass: 0 } } as const;
  const { fail, pass } = (replays ? PARTS : alone)[source];
  return { fail: fail * errorProbability, pass: pass * PASS_PROBABILITY };
}

/** The level of a test, of the chance to roll back an equally good model on the rows of a source. */
export function alphaOf(test: TestName, errorProbability: number): number {
  return SHARES[test] * errorProbability;
}

/** The level of a test of the bake, of the chance to roll back an equally good model in the bake. */
export function bakeAlphaOf(test: keyof typeof BAKE_SHARES, errorProbability: number): number {
  return BAKE_SHARES[test] * errorProbability;
}
