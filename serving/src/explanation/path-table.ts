import type { Tree, TreeEnsemble, TreeNode } from '../engine/tree-ensemble.js';

/** Stands in `before` where no branch on the way asks about the column: everything takes none of its branches. */
const UNASKED = 0;

/** In `column`: a leaf. */
export const LEAF = -1;

/**
 * The nodes of all trees, with what the branches on the way to each say about the column that the last one asks about. As columns of
 * numbers, which stay in a processor's cache. Nodes are numbered from 1 on, the first child of a node right after it.
 */
export interface PathTable {
  readonly roots: Int32Array;
  /** As in `TreeNode`, or `LEAF`. */
  readonly column: Int32Array;
  /** As in `TreeNode`. */
  readonly value: Float64Array;
  readonly second: Int32Array;
  /** The column that the branch to it asks about, without regard to its sign. */
  readonly about: Int32Array;
  /** The last node above that branch to which another one about the same column leads. */
  readonly before: Int32Array;
  /** Share of the rows of training that takes all branches about this column, of those that take the others on the way. */
  readonly zero: Float64Array;
  /** Whether a row takes all branches about this column, 1 or 0. To be set, from the root on. */
  readonly one: Float64Array;
}

export function pathTable({ trees, width }: TreeEnsemble): PathTable {
  const count = 1 + trees.reduce((sum, { nodes }) => sum + nodes.length, 0);
  const table: PathTable = {
    roots: new Int32Array(trees.length),
    column: new Int32Array(count).fill(LEAF),
    value: new Float64Array(count),
    second: new Int32Array(count),
    about: new Int32Array(count),
    before: new Int32Array(count),
    zero: new Float64Array(count).fill(1),
    one: new Float64Array(count).fill(1),
  };
  let next = 1;
  for (const [index, tree] of trees.entries()) {
    table.roots[index] = next;
    next = append(tree, width, next, table);
  }
  return table;
}

/** Writes the nodes of a tree, from number `root` on, and gives the number after the last one. */
function append({ nodes }: Tree, width: number, root: number, table: PathTable): number {
  let next = root;
  /** `latest`: the last node on the way to which a branch about a column leads. */
  const appendFrom = (given: TreeNode, latest: ReadonlyMap<number, number>): void => {
    const node = next;
    next += 1;
    table.value[node] = given.value;
    if (given.column === 2 * width) return;
    table.column[node] = given.column;
    const about = given.column % width;
    const before = latest.get(about) ?? UNASKED;
    for (const [side, child] of nodes.slice(given.first, given.first + 2).entries()) {
      if (side === 1) table.second[node] = next;
      table.about[next] = about;
      table.before[next] = before;
      table.zero[next] = ((table.zero[before] ?? 0) * child.cover) / given.cover;
      appendFrom(child, new Map(latest).set(about, next));
    }
  };
  for (const given of nodes.slice(0, 1)) appendFrom(given, new Map());
  return next;
}
