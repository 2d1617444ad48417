/** Rows of a matrix with their labels. */
export interface Rows {
  /** Row-major `[rows, width]`; NaN is missing. */
  readonly values: Float32Array;
  readonly width: number;
  readonly labels: Float32Array;
}

/** The rows at the given positions, copied, in that order. */
export function selectRows(rows: Rows, positions: readonly number[]): Rows {
  const { width } = rows;
  const values = new Float32Array(positions.length * width);
  const labels = new Float32Array(positions.length);
  for (const [target, position] of positions.entries()) {
    values.set(rows.values.subarray(position * width, (position + 1) * width), target * width);
    labels[target] = rows.labels[position] ?? Number.NaN;
  }
  return { values, width, labels };
}
