import type { Manifest } from '@churnops/crds';
import type { Engine } from './engine.js';
import { readTreeEnsemble } from './tree-ensemble.js';
import { treeEngine } from './tree-engine.js';
import { UnsupportedGraph } from './unsupported-graph.js';

/**
 * Loads an ONNX graph: into our own engine when it is one tree ensemble that it understands to the last attribute, else into ONNX
 * Runtime, which is not even loaded before.
 *
 * @throws ArtifactError when neither can load it.
 */
export async function loadEngine(model: Uint8Array, contract: Manifest['model']): Promise<Engine> {
  const trees = ownEngine(model, contract);
  if (trees !== undefined) return trees;
  const { loadOnnxRuntime } = await import('./onnx-runtime.js');
  return loadOnnxRuntime(model, contract);
}

function ownEngine(model: Uint8Array, contract: Manifest['model']): Engine | undefined {
  try {
    return treeEngine(readTreeEnsemble(model, contract));
  } catch (error) {
    if (error instanceof UnsupportedGraph) return undefined;
    throw error;
  }
}
