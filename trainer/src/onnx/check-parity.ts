import type { Manifest } from '@churnops/crds';
import { TrainingProblem } from '../failure.js';

/** How far apart two probabilities for the same row may be. */
const TOLERANCE = 1e-5;

/**
 * Compares ONNX Runtime's probabilities with XGBoost's.
 *
 * @throws TrainingProblem when one differs by more than 1e-5, or when a decision differs for a row that is farther than that
 *   from the threshold.
 */
export function checkParity(native: Float32Array, graph: Float32Array, threshold: number): Manifest['parity'] {
  let worst = 0;
  let flipped = 0;
  for (const [row, expected] of native.entries()) {
    const answer = graph[row] ?? Number.NaN;
    const difference = Math.abs(expected - answer);
    // NaN compares as false to everything, and must not pass as equal.
    worst = difference <= worst ? worst : difference;
    const decided = Math.abs(expected - threshold) > TOLERANCE;
    if (decided && expected >= threshold !== answer >= threshold) flipped += 1;
  }
  if (worst <= TOLERANCE && flipped === 0) return { rows: native.length, maxAbsoluteDifference: worst };
  throw new TrainingProblem(
    'TrainingFailed',
    `The exported model does not answer as the trained one: over ${native.length} rows the largest difference is ${worst}, and ${flipped} decisions differ. This is a fault of ChurnOps: please report it with the versions in use.`,
  );
}
