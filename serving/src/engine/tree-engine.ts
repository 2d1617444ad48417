import { setImmediate } from 'node:timers/promises';
import type { Engine } from './engine.js';
import { BLOCK_ROWS, Forest } from './forest.js';
import type { TreeEnsemble } from './tree-ensemble.js';
import { UnsupportedGraph } from './unsupported-graph.js';

/** Code is made for each depth: 1.5 KB for this one. */
const MOST_DEPTH = 64;

/**
 * Our own engine; docs/benchmarks.md has how it compares with ONNX Runtime.
 *
 * @throws UnsupportedGraph when a tree is very deep.
 */
export function treeEngine(ensemble: TreeEnsemble): Engine {
  const depth = ensemble.trees.reduce((deepest, tree) => Math.max(deepest, tree.depth), 0);
  if (depth > MOST_DEPTH) throw new UnsupportedGraph(`It has a tree of depth ${depth}`);
  const forest = new Forest(ensemble);
  return {
    name: 'Trees',
    tolerance: 1e-6,
    async probabilities(matrix, rows) {
      const probabilities = new Float64Array(rows);
      for (let start = 0; start < rows; start += BLOCK_ROWS) {
        // A block takes some 0.2 ms with 300 trees: requests of other clients don't wait for a whole batch.
        if (start > 0) await setImmediate();
        forest.score(matrix, start, probabilities.subarray(start, start + BLOCK_ROWS));
      }
      return probabilities;
    },
    close: () => Promise.resolve(),
  };
}
