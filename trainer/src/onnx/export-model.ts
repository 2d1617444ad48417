import { encodeModel } from './onnx-proto.js';
import type { Tree, XGBoostModel } from './xgboost-model.js';

/** Names of the graph's ends: float32 `[N, width]` in, int64 `[N]` and float32 `[N, 2]` out. */
export const graphEnds = { input: 'features', label: 'label', output: 'probabilities' } as const;

/** The operator set whose TreeEnsembleClassifier is exported: read by every ONNX Runtime since 1.9. */
export const treeOpset = { domain: 'ai.onnx.ml', version: 3 } as const;

const attributeTypes = { string: 3, floats: 6, ints: 7, strings: 8 } as const;
const elementTypes = { float: 1, int64: 7 } as const;

/** The bytes of an ONNX graph of one TreeEnsembleClassifier that answers as the XGBoost model does. */
export function exportModel(model: XGBoostModel, width: number): Uint8Array<ArrayBuffer> {
  return encodeModel({
    irVersion: 8,
    producerName: 'churnops',
    opsetImport: [{ domain: '', version: 17 }, treeOpset],
    graph: {
      name: 'churn',
      input: [tensor(graphEnds.input, elementTypes.float, [rowsDimension, { dimValue: width }])],
      output: [
        tensor(graphEnds.label, elementTypes.int64, [rowsDimension]),
        tensor(graphEnds.output, elementTypes.float, [rowsDimension, { dimValue: 2 }]),
      ],
      node: [
        {
          name: 'trees',
          opType: 'TreeEnsembleClassifier',
          domain: treeOpset.domain,
          input: [graphEnds.input],
          output: [graphEnds.label, graphEnds.output],
          attribute: attributes(model),
        },
      ],
    },
  });
}

const rowsDimension = { dimParam: 'N' };

function tensor(name: string, elemType: number, dim: readonly object[]): object {
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

interface Columns {
  readonly treeIds: number[];
  readonly nodeIds: number[];
  readonly featureIds: number[];
  readonly modes: string[];
  readonly values: number[];
  readonly covers: number[];
  readonly trueIds: number[];
  readonly falseIds: number[];
  readonly missingTracksTrue: number[];
  readonly leafTrees: number[];
  readonly leafNodes: number[];
  readonly leafWeights: number[];
}

function attributes(model: XGBoostModel): object[] {
  const columns: Columns = {
    treeIds: [],
    nodeIds: [],
    featureIds: [],
    modes: [],
    values: [],
    covers: [],
    trueIds: [],
    falseIds: [],
    missingTracksTrue: [],
    leafTrees: [],
    leafNodes: [],
    leafWeights: [],
  };
  for (const [number, tree] of model.trees.entries()) appendTree(columns, tree, number);
  return [
    ints('classlabels_int64s', [0, 1]),
    strings('post_transform', 'LOGISTIC'),
    floats('base_values', [model.baseMargin]),
    ints('nodes_treeids', columns.treeIds),
    ints('nodes_nodeids', columns.nodeIds),
    ints('nodes_featureids', columns.featureIds),
    { name: 'nodes_modes', type: attributeTypes.strings, strings: columns.modes.map(utf8) },
    floats('nodes_values', columns.values),
    // No runtime needs them for a score: they tell what each column contributes to it.
    floats('nodes_hitrates', columns.covers),
    ints('nodes_truenodeids', columns.trueIds),
    ints('nodes_falsenodeids', columns.falseIds),
    ints('nodes_missing_value_tracks_true', columns.missingTracksTrue),
    ints('class_treeids', columns.leafTrees),
    ints('class_nodeids', columns.leafNodes),
    // One weight column stands for the leavers' margin; the runtime adds the stayers' column by itself.
    ints(
      'class_ids',
      columns.leafTrees.map(() => 0),
    ),
    floats('class_weights', columns.leafWeights),
  ];
}

/** XGBoost keeps a leaf's weight where another node keeps its split value. */
function appendTree(columns: Columns, tree: Tree, number: number): void {
  for (const [node, left] of tree.left_children.entries()) {
    columns.treeIds.push(number);
    columns.nodeIds.push(node);
    columns.covers.push(at(tree.sum_hessian, node));
    if (left === -1) appendLeaf(columns, tree, number, node);
    else appendBranch(columns, tree, node, left);
  }
}

/** Left when the value is strictly less than the split value. */
function appendBranch(columns: Columns, tree: Tree, node: number, left: number): void {
  columns.modes.push('BRANCH_LT');
  columns.featureIds.push(at(tree.split_indices, node));
  columns.values.push(at(tree.split_conditions, node));
  columns.trueIds.push(left);
  columns.falseIds.push(at(tree.right_children, node));
  columns.missingTracksTrue.push(at(tree.default_left, node));
}

function appendLeaf(columns: Columns, tree: Tree, number: number, node: number): void {
  columns.modes.push('LEAF');
  const { featureIds, values, trueIds, falseIds, missingTracksTrue } = columns;
  for (const unused of [featureIds, values, trueIds, falseIds, missingTracksTrue]) unused.push(0);
  columns.leafTrees.push(number);
  columns.leafNodes.push(node);
  columns.leafWeights.push(at(tree.split_conditions, node));
}

function at(values: readonly number[], node: number): number {
  const value = values[node];
  if (value === undefined) throw new Error(`A tree of the model has no value for its node ${node}.`);
  return value;
}

function ints(name: string, values: readonly number[]): object {
  return { name, type: attributeTypes.ints, ints: values };
}

function floats(name: string, values: readonly number[]): object {
  return { name, type: attributeTypes.floats, floats: values };
}

function strings(name: string, value: string): object {
  return { name, type: attributeTypes.string, s: utf8(value) };
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
