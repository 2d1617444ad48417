import type { Tree, XGBoostModel } from './xgboost-model.js';

/**
 * Probability of leaving for each row of `values` (row-major `[rows, width]`), from sums of the trees in float64. XGBoost and ONNX
 * Runtime add in float32, which with thousands of trees is off by more than 1e-6.
 */
export function exactProbabilities(
  { baseMargin, trees }: XGBoostModel,
  values: Float32Array,
  width: number,
): Float64Array {
  const margins = new Float64Array(values.length / width).fill(baseMargin);
  for (const tree of trees) {
    for (let row = 0; row < margins.length; row += 1) {
      margins[row] = (margins[row] ?? Number.NaN) + weightFor(tree, values, row * width);
    }
  }
  return margins.map((margin) => 1 / (1 + Math.exp(-margin)));
}

/** XGBoost keeps a leaf's weight where another node keeps its split value. */
function weightFor(tree: Tree, values: Float32Array, start: number): number {
  let node = 0;
  while ((tree.left_children[node] ?? -1) !== -1) node = childFor(tree, node, values, start);
  return tree.split_conditions[node] ?? Number.NaN;
}

function childFor(tree: Tree, node: number, values: Float32Array, start: number): number {
  const split = Math.fround(tree.split_conditions[node] ?? Number.NaN);
  const value = values[start + (tree.split_indices[node] ?? 0)] ?? Number.NaN;
  const goesLeft = Number.isNaN(value) ? tree.default_left[node] === 1 : value < split;
  return (goesLeft ? tree.left_children[node] : tree.right_children[node]) ?? -1;
}
