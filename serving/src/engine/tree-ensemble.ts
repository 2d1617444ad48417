import type { Manifest } from '@churnops/crds';
import { nextFloat } from './next-float.js';
import type { OnnxAttribute } from './onnx-graph.js';
import { readOnnxGraph } from './onnx-graph.js';
import { UnsupportedGraph } from './unsupported-graph.js';

/** The log odds of leaving are `base` plus the leaf of each tree that a row comes to. */
export interface TreeEnsemble {
  /** Columns of the matrix. */
  readonly width: number;
  readonly base: number;
  readonly trees: readonly Tree[];
}

export interface Tree {
  /** Steps from the root to the farthest leaf. */
  readonly depth: number;
  /** From the root on, level by level; the two children of a node stand side by side. */
  readonly nodes: readonly TreeNode[];
}

/**
 * All kinds of nodes are written in one form, so that walking a tree needs no case at all: a row goes to the second child when the value of
 * `column` is at least `value`, else to the first one. A missing value, NaN, is at least nothing.
 *
 * Columns from `width` on are those of the row with the opposite sign: a node that sends missing values to where its large ones
 * go compares there. The column after them, `2 * width`, is always missing: a leaf, whose `value` is its weight, compares there,
 * and leads to itself.
 */
export interface TreeNode {
  readonly column: number;
  /** A float32. */
  readonly value: number;
  /** The first child, as a position in `nodes`. */
  readonly first: number;
  /** How many rows of training came here, or the sum of their weights; NaN when the file does not tell. */
  readonly cover: number;
}

/**
 * Reads an ONNX file that is one TreeEnsembleClassifier of two classes.
 *
 * @throws UnsupportedGraph when it is anything else, or has an attribute that is not known here.
 */
export function readTreeEnsemble(file: Uint8Array, contract: Manifest['model']): TreeEnsemble {
  const attributes = soleEnsemble(file, contract);
  const table = nodeTable(attributes, contract.width);
  return { width: contract.width, base: baseOf(attributes), trees: table.roots.map((root) => treeFrom(root, table)) };
}

type Attributes = ReadonlyMap<string, OnnxAttribute>;

function soleEnsemble(file: Uint8Array, { input, output }: Manifest['model']): Attributes {
  const { nodes, inputs } = readOnnxGraph(file);
  const [node] = nodes;
  require(node !== undefined && nodes.length === 1, 'It has not one node');
  require(node.operator === 'TreeEnsembleClassifier' && node.domain === 'ai.onnx.ml', 'Its node is no tree ensemble');
  require(inputs.length === 1 && inputs[0] === input && node.inputs[0] === input, 'It has another input');
  require(node.outputs[1] === output, 'It has another output');
  for (const name of node.attributes.keys()) require(knownAttributes.has(name), `It has the attribute ${name}`);
  return node.attributes;
}

const knownAttributes: ReadonlySet<string> = new Set([
  'base_values',
  'class_ids',
  'class_nodeids',
  'class_treeids',
  'class_weights',
  'classlabels_int64s',
  'classlabels_strings',
  'nodes_falsenodeids',
  'nodes_featureids',
  'nodes_hitrates',
  'nodes_missing_value_tracks_true',
  'nodes_modes',
  'nodes_nodeids',
  'nodes_treeids',
  'nodes_truenodeids',
  'nodes_values',
  'post_transform',
]);

function baseOf(attributes: Attributes): number {
  const labels = [...ints(attributes, 'classlabels_int64s'), ...strings(attributes, 'classlabels_strings')];
  require(labels.length === 2, 'It has not two classes');
  require(strings(attributes, 'post_transform').join() === 'LOGISTIC', 'Its post transform is not LOGISTIC');
  const bases = floats(attributes, 'base_values');
  require(bases.length <= 1, 'It has several base values');
  const [base = 0] = bases;
  require(Number.isFinite(base), 'Its base value is no number');
  const classes = new Set(ints(attributes, 'class_ids'));
  // ONNX Runtime adds the base value to the first class, also where the weights are about the second one.
  require(classes.size === 1 && (classes.has(0) || bases.length === 0), 'Its leaves are about another class');
  return base;
}

/** The nodes of all trees, as parallel columns. A node is a position in them. */
interface NodeTable {
  readonly width: number;
  readonly modes: readonly string[];
  readonly columns: readonly number[];
  readonly values: readonly number[];
  readonly missingTrue: readonly number[];
  readonly covers: readonly number[];
  /** Undefined for a child that is not in the tree. */
  readonly whenTrue: readonly (number | undefined)[];
  readonly whenFalse: readonly (number | undefined)[];
  /** Of leaves; NaN for the others. */
  readonly weights: Float64Array;
  /** The first node of each tree, in their order. */
  readonly roots: readonly number[];
}

function nodeTable(attributes: Attributes, width: number): NodeTable {
  const treeIds = ints(attributes, 'nodes_treeids');
  const places = nodePlaces(treeIds, ints(attributes, 'nodes_nodeids'));
  const placesOf = (ids: readonly number[]) => ids.map((id, node) => places.get(treeIds[node] ?? 0)?.get(id));
  const missingTrue = ints(attributes, 'nodes_missing_value_tracks_true');
  const covers = floats(attributes, 'nodes_hitrates');
  const table = {
    width,
    modes: strings(attributes, 'nodes_modes'),
    columns: ints(attributes, 'nodes_featureids'),
    values: floats(attributes, 'nodes_values'),
    missingTrue: missingTrue.length === 0 ? treeIds.map(() => 0) : missingTrue,
    covers: covers.length === 0 ? treeIds.map(() => Number.NaN) : covers,
    whenTrue: placesOf(ints(attributes, 'nodes_truenodeids')),
    whenFalse: placesOf(ints(attributes, 'nodes_falsenodeids')),
    weights: leafWeights(attributes, places, treeIds.length),
    // A map keeps the order in which its keys came first.
    roots: Array.from(places.values(), (tree) => tree.values().next().value ?? 0),
  };
  const { modes, columns, values, whenTrue, whenFalse } = table;
  for (const column of [modes, columns, values, table.missingTrue, table.covers, whenTrue, whenFalse])
    require(column.length === treeIds.length, 'Its lists of nodes are not equally long');
  return table;
}

type Places = ReadonlyMap<number, ReadonlyMap<number, number>>;

/** Where each node stands, by its tree and its number. */
function nodePlaces(treeIds: readonly number[], nodeIds: readonly number[]): Places {
  const places = new Map<number, Map<number, number>>();
  for (const [place, id] of nodeIds.entries()) {
    const tree = treeIds[place] ?? Number.NaN;
    const known = places.get(tree) ?? new Map<number, number>();
    require(!known.has(id), 'It has a node twice');
    places.set(tree, known.set(id, place));
  }
  return places;
}

function leafWeights(attributes: Attributes, places: Places, nodes: number): Float64Array {
  const trees = ints(attributes, 'class_treeids');
  const ids = ints(attributes, 'class_nodeids');
  const given = floats(attributes, 'class_weights');
  const weights = new Float64Array(nodes).fill(Number.NaN);
  for (const [entry, weight] of given.entries()) {
    const place = places.get(trees[entry] ?? Number.NaN)?.get(ids[entry] ?? Number.NaN);
    require(place !== undefined &&
      Number.isNaN(weights[place]), 'It has a leaf with several weights, or a weight without a leaf');
    weights[place] = weight;
  }
  return weights;
}

function treeFrom(root: number, table: NodeTable): Tree {
  const nodes: TreeNode[] = [];
  const reached: { place: number; level: number }[] = [{ place: root, level: 0 }];
  let depth = 0;
  // The list grows while it is read.
  for (const { place, level } of reached) {
    depth = level;
    const cover = table.covers[place] ?? Number.NaN;
    if (table.modes[place] === 'LEAF') {
      nodes.push({ column: 2 * table.width, value: weightOf(place, table), first: nodes.length, cover });
      continue;
    }
    const { column, value, children } = branchAt(place, table);
    nodes.push({ column, value, first: reached.length, cover });
    for (const child of children) reached.push({ place: child, level: level + 1 });
    require(reached.length <= table.modes.length, 'Its branches come together again');
  }
  return { depth, nodes };
}

function weightOf(place: number, { weights }: NodeTable): number {
  const weight = weights[place] ?? Number.NaN;
  require(Number.isFinite(weight), 'It has a leaf without a weight');
  return weight;
}

/** A branch in the form that `TreeNode` describes. Every float32 below `limit` takes the branch that is called true. */
function branchAt(place: number, table: NodeTable): { column: number; value: number; children: readonly number[] } {
  const { modes, columns, values, width } = table;
  const column = columns[place] ?? Number.NaN;
  const split = values[place] ?? Number.NaN;
  const whenTrue = table.whenTrue[place];
  const whenFalse = table.whenFalse[place];
  require(column < width && Number.isFinite(split), 'It splits where there is no number');
  require(whenTrue !== undefined && whenFalse !== undefined, 'It has a branch that leads nowhere');
  require(modes[place] === 'BRANCH_LT' || modes[place] === 'BRANCH_LEQ', 'It has a branch of another mode');
  const limit = modes[place] === 'BRANCH_LT' ? split : nextFloat(split);
  return table.missingTrue[place] === 1
    ? { column, value: limit, children: [whenTrue, whenFalse] }
    : { column: width + column, value: nextFloat(-limit), children: [whenFalse, whenTrue] };
}

function ints(attributes: Attributes, name: string): readonly number[] {
  return attributes.get(name)?.ints ?? [];
}

function floats(attributes: Attributes, name: string): readonly number[] {
  return attributes.get(name)?.floats ?? [];
}

function strings(attributes: Attributes, name: string): readonly string[] {
  return attributes.get(name)?.strings ?? [];
}

function require(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new UnsupportedGraph(otherwise);
}
