import type { TreeEnsemble, TreeNode } from '../engine/tree-ensemble.js';
import { gaussLegendre } from './gauss-legendre.js';
import type { PathTable } from './path-table.js';
import { LEAF, pathTable } from './path-table.js';

/**
 * Shapley values of the trees of an ensemble, in float64: what TreeSHAP computes from the covers of the trees (Lundberg et al. 2018,
 * "path dependent"), and XGBoost as `pred_contribs`.
 *
 * A column that is not known sends a row to both children, by their share of the rows of training. If each column is known with the
 * probability t, a leaf weighs the product, over the columns on the way to it, of `zero (1 - t) + one t` (see `PathTable`). By the
 * multilinear extension of Owen (1972) the Shapley value of a column is the mean over t, from 0 to 1, of what knowing it adds: the
 * leaf, times `one - zero`, times the product over the other columns. That is a polynomial in t, so that a few points of
 * Gauss-Legendre give its mean exactly; no factor is negative, and the leaves below a node are summed at once. A node takes as much
 * time as half of the depth. Lundberg's way takes the square of the depth for each leaf.
 */
export class TreeShapley {
  /** The log odds of a row of which nothing is known: their mean over the rows of training, by the covers. */
  readonly base: number;
  private readonly width: number;
  private readonly table: PathTable;
  /** Where t is looked at. */
  private readonly points: Float64Array;
  /** For each level of a tree and each point: the product over the columns on the way. */
  private readonly products: Float64Array;
  /** The same: what the last column on the way gains, in parts of the product. */
  private readonly gains: Float64Array;
  /** The same: all leaves below, each times its product. */
  private readonly sums: Float64Array;
  /** The row that is being explained, and where its contributions go. */
  private row: Float32Array = new Float32Array(0);
  private contributions: Float64Array = new Float64Array(0);

  /** @param ensemble One that `hasCovers`. */
  constructor(ensemble: TreeEnsemble) {
    const { width, base, trees } = ensemble;
    this.width = width;
    this.table = pathTable(ensemble);
    this.base = base + trees.reduce((sum, { nodes }) => sum + meanOf(nodes, 0, 2 * width), 0);
    const depth = trees.reduce((deepest, tree) => Math.max(deepest, tree.depth), 1);
    // The degree of the polynomial is one less than there are columns on the way.
    const { points, weights } = gaussLegendre(Math.ceil(Math.min(depth, width) / 2));
    this.points = points;
    const size = (depth + 1) * points.length;
    this.products = new Float64Array(size);
    this.gains = new Float64Array(size);
    this.sums = new Float64Array(size);
    this.products.set(weights);
  }

  /**
   * Adds what each column of an encoded row contributes to its log odds, which are `base` and all contributions together.
   *
   * @param row As long as the matrix is wide; NaN is missing.
   * @param contributions As long as the row.
   */
  explain(row: Float32Array, contributions: Float64Array): void {
    this.row = row;
    this.contributions = contributions;
    for (const root of this.table.roots) this.sumBelow(root, 0);
  }

  private sumBelow(node: number, level: number): void {
    const { points, products, sums, table } = this;
    const start = level * points.length;
    const end = start + points.length;
    const column = table.column[node] ?? LEAF;
    const value = table.value[node] ?? Number.NaN;
    if (column === LEAF) {
      for (let at = start; at < end; at += 1) sums[at] = value * (products[at] ?? 0);
      return;
    }
    for (let at = start; at < end; at += 1) sums[at] = 0;
    const first = node + 1;
    const second = table.second[node] ?? 0;
    const takesSecond = this.cell(column) >= value;
    this.follow(first, level, !takesSecond);
    this.follow(second, level, takesSecond);
  }

  /** Columns from `width` on have the opposite sign: see `TreeNode`. */
  private cell(column: number): number {
    const { row, width } = this;
    return column < width ? (row[column] ?? 0) : -(row[column - width] ?? 0);
  }

  private follow(child: number, level: number, taken: boolean): void {
    const { table } = this;
    const before = table.before[child] ?? 0;
    const one = taken ? (table.one[before] ?? 0) : 0;
    table.one[child] = one;
    // Nothing comes here, and there would be nothing to divide by.
    if (one === 0 && table.zero[child] === 0) return;
    this.weigh(child, before, level);
    this.sumBelow(child, level + 1);
    const about = table.about[child] ?? 0;
    this.contributions[about] = (this.contributions[about] ?? 0) + this.gather(level);
  }

  /** Adds the leaves of the level below to those of this one, and gives what the last column on the way gains of them. */
  private gather(level: number): number {
    const { points, gains, sums } = this;
    const above = level * points.length;
    const below = above + points.length;
    let gained = 0;
    for (let point = 0; point < points.length; point += 1) {
      const leaves = sums[below + point] ?? 0;
      sums[above + point] = (sums[above + point] ?? 0) + leaves;
      gained += leaves * (gains[below + point] ?? 0);
    }
    return gained;
  }

  /** Sets products and gains of a level, coming from the one above. */
  private weigh(child: number, before: number, level: number): void {
    const { points, products, gains, table } = this;
    const [zero, zeroBefore] = [table.zero[child] ?? 0, table.zero[before] ?? 0];
    const [one, oneBefore] = [table.one[child] ?? 0, table.one[before] ?? 0];
    const above = level * points.length;
    const below = above + points.length;
    for (let point = 0; point < points.length; point += 1) {
      const t = points[point] ?? 0;
      const factor = zero * (1 - t) + one * t;
      const factorBefore = zeroBefore * (1 - t) + oneBefore * t;
      products[below + point] = ((products[above + point] ?? 0) * factor) / factorBefore;
      // The branch above about the same column counts these leaves by what was asked until there.
      gains[below + point] = (one - zero) / factor - (oneBefore - zeroBefore) / factorBefore;
    }
  }
}

/** The mean of the leaves below a node, over the rows of training. */
function meanOf(nodes: readonly TreeNode[], position: number, leaf: number): number {
  const node = nodes[position];
  if (node === undefined) return Number.NaN;
  if (node.column === leaf) return node.value;
  return [node.first, node.first + 1].reduce((sum, child) => {
    const share = (nodes[child]?.cover ?? Number.NaN) / node.cover;
    return sum + share * meanOf(nodes, child, leaf);
  }, 0);
}
