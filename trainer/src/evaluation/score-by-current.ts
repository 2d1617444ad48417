import type { Feature, Manifest } from '@churnops/crds';
import type { PreparedData } from '../dataset/prepared-data.js';
import { cellEncoder } from '../features/cell-encoder.js';
import { runGraph } from '../onnx/run-graph.js';
import type { CurrentModel } from './read-current-model.js';

/** Rows with probabilities. */
export interface CurrentScores {
  /** Positions in the rows that were asked for: those that fit the contract of the current model. */
  readonly positions: readonly number[];
  readonly scores: Float32Array;
}

/** Why figures of the current model on these held-out rows would mislead; undefined when they can be compared. */
export function incomparable(current: Manifest, data: PreparedData): string | undefined {
  const sameTarget =
    current.target.label === data.target.label && current.target.positiveLabel === data.target.positiveLabel;
  if (!sameTarget) return 'it predicts another label';
  // Without an entity key rows are split by their features, so with other features it may have learned from the held-out rows.
  const names = (features: readonly Feature[]) => features.map(({ name }) => name).join('\n');
  const sameKey = current.entityKey === data.entityKey;
  if (sameKey && (data.entityKey !== undefined || names(current.features) === names(data.features))) return undefined;
  return 'its rows were split otherwise, so it may have learned from the held-out rows: set data.entityKey once to keep the split';
}

/** Probabilities of rows by the current model, read by its own contract. Columns that the table has no more are missing to it. */
export async function scoreByCurrent(
  { manifest, onnx }: CurrentModel,
  data: Pick<PreparedData, 'rawRow'>,
  rows: readonly number[],
): Promise<CurrentScores> {
  const { width } = manifest.model;
  const encoders = manifest.features.map((feature) => ({ feature, encode: cellEncoder(feature) }));
  const matrix = new Float32Array(rows.length * width);
  const positions: number[] = [];
  for (const [position, row] of rows.entries()) {
    const raw = data.rawRow(row);
    const cells = encoders.map(({ feature, encode }) => encode(raw[feature.name] ?? null));
    const values = cells.flatMap((cell) => (cell.kind === 'Values' ? cell.values : []));
    if (values.length !== width) continue;
    matrix.set(values, positions.length * width);
    positions.push(position);
  }
  return { positions, scores: await runGraph(onnx, matrix.subarray(0, positions.length * width), width) };
}
