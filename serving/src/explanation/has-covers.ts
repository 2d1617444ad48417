import type { TreeEnsemble, TreeNode } from '../engine/tree-ensemble.js';

/** Covers are float32, and a trainer may have summed them in another order. */
const COVER_TOLERANCE = 0.01;

/** Whether each node tells how many rows of training came to it, and they are those of its children. */
export function hasCovers({ trees, width }: TreeEnsemble): boolean {
  return trees.every(({ nodes }) =>
    nodes.every(({ column, first, cover }) => column === 2 * width || divides(cover, nodes[first], nodes[first + 1])),
  );
}

function divides(cover: number, first: TreeNode | undefined, second: TreeNode | undefined): boolean {
  const [one, other] = [first?.cover ?? Number.NaN, second?.cover ?? Number.NaN];
  return cover > 0 && one >= 0 && other >= 0 && Math.abs(one + other - cover) <= COVER_TOLERANCE * cover;
}
