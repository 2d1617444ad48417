import type { Manifest } from '@churnops/crds';
import type { Engine } from '../engine/engine.js';
import { ArtifactError } from './artifact-error.js';
import type { RowEncoder } from './row-encoder.js';

/** How far sums of thousands of trees in float32 may be from exact ones, as a probability. */
const singleTolerance = 1e-5;

/**
 * Scores the rows that the manifest carries, which also warms the engine up.
 *
 * @throws ArtifactError when a row is refused or its probability differs by more than it may.
 */
export async function verifyGoldenRows(manifest: Manifest, encoder: RowEncoder, engine: Engine): Promise<void> {
  const { goldenRows } = manifest;
  const matrix = new Float32Array(goldenRows.length * encoder.width);
  for (const [index, golden] of goldenRows.entries()) {
    const outcome = encoder.encode(golden.row, matrix, index * encoder.width);
    if (outcome.kind === 'Refused') {
      throw new ArtifactError(
        `Golden row ${index + 1} of the artifact breaks its own contract: ${outcome.problems[0]?.field ?? 'row'}. Train again with this release.`,
      );
    }
  }
  const probabilities = await engine.probabilities(matrix, goldenRows.length);
  const tolerance = toleranceOf(manifest, engine);
  for (const [index, golden] of goldenRows.entries()) {
    const difference = Math.abs((probabilities[index] ?? Number.NaN) - golden.probability);
    // Written so that NaN is refused too.
    if (!(difference <= tolerance)) {
      throw new ArtifactError(
        `Golden row ${index + 1} of the artifact does not reproduce: its probability is off by ${difference.toExponential(1)}, more than ${tolerance}. Train again with this release.`,
      );
    }
  }
}

function toleranceOf({ goldenSums }: Manifest, engine: Engine): number {
  return goldenSums === undefined ? singleTolerance : engine.tolerance;
}
