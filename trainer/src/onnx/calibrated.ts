import type { Sigmoid } from '../evaluation/calibrate.js';
import type { Tree, XGBoostModel } from './xgboost-model.js';

/** The model whose log odds are `slope` times those of the given one plus `intercept`: still nothing but trees. */
export function calibrated({ baseMargin, trees }: XGBoostModel, { slope, intercept }: Sigmoid): XGBoostModel {
  return { baseMargin: slope * baseMargin + intercept, trees: trees.map((tree) => scaled(tree, slope)) };
}

/** XGBoost keeps a leaf's weight where another node keeps its split value. */
function scaled(tree: Tree, slope: number): Tree {
  const conditions = tree.split_conditions.map((value, node) =>
    tree.left_children[node] === -1 ? slope * value : value,
  );
  return { ...tree, split_conditions: conditions };
}
