import type { Manifest } from '@churnops/crds';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { ArtifactError } from '../model/artifact-error.js';
import type { Engine } from './engine.js';

/**
 * Loads an ONNX graph into ONNX Runtime.
 *
 * @throws ArtifactError when the graph can't be loaded or lacks the tensors that the manifest names.
 */
export async function loadOnnxRuntime(model: Uint8Array, contract: Manifest['model']): Promise<Engine> {
  const session = await createSession(model);
  if (!session.inputNames.includes(contract.input) || !session.outputNames.includes(contract.output)) {
    throw new ArtifactError(
      `${contract.file} has no input "${contract.input}" or no output "${contract.output}", which its manifest names. Train again.`,
    );
  }
  return {
    name: 'OnnxRuntime',
    tolerance: 1e-5,
    async probabilities(matrix, rows) {
      if (rows === 0) return new Float64Array(0);
      const input = new Tensor('float32', matrix, [rows, contract.width]);
      const answer = await session.run({ [contract.input]: input }, [contract.output]);
      return leavingColumn(answer[contract.output]?.data, rows);
    },
    close: () => session.release(),
  };
}

async function createSession(model: Uint8Array): Promise<InferenceSession> {
  try {
    // One thread: a pod has a fraction of a core, and threads that wait for one another only cost there.
    return await InferenceSession.create(model, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
    });
  } catch (cause) {
    throw new ArtifactError('model.onnx is not a graph that ONNX Runtime can load. Train again.', { cause });
  }
}

function leavingColumn(output: unknown, rows: number): Float64Array {
  if (!(output instanceof Float32Array) || output.length !== rows * 2) {
    throw new ArtifactError('model.onnx does not answer with two probabilities a row. Train again.');
  }
  const probabilities = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) probabilities[row] = output[row * 2 + 1] ?? Number.NaN;
  return probabilities;
}
