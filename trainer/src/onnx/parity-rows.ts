import { floatNeighbours } from './float-neighbours.js';
import type { XGBoostModel } from './xgboost-model.js';

/** Real rows that are compared, at most. */
const REAL_ROWS = 5000;

/**
 * Rows (row-major `[rows, width]`) on which the exported graph is compared with XGBoost: real rows, every pattern of
 * missing values that occurs, each column missing in turn, all missing, and every split value with its float neighbours.
 */
export function parityRows(model: XGBoostModel, matrix: Float32Array, width: number): Float32Array {
  const rows = matrix.length / width;
  const chosen: Float32Array[] = [];
  for (let row = 0; row < Math.min(rows, REAL_ROWS); row++) chosen.push(rowAt(matrix, width, row));
  chosen.push(...missingPatterns(matrix, width), new Float32Array(width).fill(Number.NaN));
  for (let column = 0; column < width; column++)
    chosen.push(withValue(rowAt(matrix, width, column % rows), column, Number.NaN));
  let turn = 0;
  for (const [column, value] of splits(model)) {
    const { below, above } = floatNeighbours(value);
    const row = rowAt(matrix, width, turn++ % rows);
    for (const edge of [below, value, above]) chosen.push(withValue(row, column, edge));
  }
  return joined(chosen, width);
}

function rowAt(matrix: Float32Array, width: number, row: number): Float32Array {
  return matrix.subarray(row * width, (row + 1) * width);
}

function withValue(row: Float32Array, column: number, value: number): Float32Array {
  const changed = row.slice();
  changed[column] = value;
  return changed;
}

function missingPatterns(matrix: Float32Array, width: number): Float32Array[] {
  const first = new Map<string, Float32Array>();
  for (let start = 0; start < matrix.length; start += width) {
    let pattern = '';
    for (let column = 0; column < width; column += 1) {
      if (Number.isNaN(matrix[start + column])) pattern += `${column},`;
    }
    if (!first.has(pattern)) first.set(pattern, matrix.subarray(start, start + width));
  }
  return [...first.values()];
}

/** Each split once, as column and value. */
function splits(model: XGBoostModel): Iterable<readonly [number, number]> {
  const found = new Map<string, readonly [number, number]>();
  for (const tree of model.trees)
    for (const [node, left] of tree.left_children.entries()) {
      const column = tree.split_indices[node] ?? 0;
      const value = Math.fround(tree.split_conditions[node] ?? 0);
      if (left !== -1) found.set(`${column} ${value}`, [column, value]);
    }
  return found.values();
}

function joined(rows: readonly Float32Array[], width: number): Float32Array {
  const values = new Float32Array(rows.length * width);
  for (const [position, row] of rows.entries()) values.set(row, position * width);
  return values;
}
