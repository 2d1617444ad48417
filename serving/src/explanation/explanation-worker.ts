import { parentPort } from 'node:worker_threads';
import { readTreeEnsemble } from '../engine/tree-ensemble.js';
import { UnsupportedGraph } from '../engine/unsupported-graph.js';
import type { ExplainMessage, Explanation, ModelMessage } from './explanation-messages.js';
import { hasCovers } from './has-covers.js';
import { reasonsOf } from './reasons.js';
import { TreeShapley } from './tree-shapley.js';

type Explain = (message: ExplainMessage) => Explanation;

let explain: Explain | undefined;

// This file is what the thread runs. It imports no more than it needs: each import costs the first explanation its time.
parentPort?.on('message', (message: ModelMessage | ExplainMessage) => {
  if (message.kind === 'Model') explain = explanationOf(message);
  else parentPort?.postMessage(explain?.(message) ?? null);
});

function explanationOf({ model, contract, features }: ModelMessage): Explain | undefined {
  const shapley = shapleyOf(model, contract);
  if (shapley === undefined) return undefined;
  const { width } = contract;
  return ({ matrix, listed }) =>
    Array.from({ length: matrix.length / width }, (_, row) => {
      const contributions = new Float64Array(width);
      shapley.explain(matrix.subarray(row * width, (row + 1) * width), contributions);
      return reasonsOf(shapley.base, contributions, features, listed);
    });
}

/** Undefined for a graph that is no tree ensemble, or that does not tell how many rows of training came to its nodes. */
function shapleyOf(model: Uint8Array, contract: ModelMessage['contract']): TreeShapley | undefined {
  try {
    const ensemble = readTreeEnsemble(model, contract);
    return hasCovers(ensemble) ? new TreeShapley(ensemble) : undefined;
  } catch (error) {
    if (error instanceof UnsupportedGraph) return undefined;
    throw error;
  }
}
