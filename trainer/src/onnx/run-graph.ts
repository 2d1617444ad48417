import { InferenceSession, Tensor } from 'onnxruntime-node';
import { graphEnds } from './export-model.js';

/** Rows that go through the graph at once. */
const CHUNK_ROWS = 4096;

/** Probability of leaving for each row of `values` (row-major `[rows, width]`), by ONNX Runtime. */
export async function runGraph(onnx: Uint8Array, values: Float32Array, width: number): Promise<Float32Array> {
  const session = await InferenceSession.create(onnx, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  try {
    const rows = values.length / width;
    const scores = new Float32Array(rows);
    for (let start = 0; start < rows; start += CHUNK_ROWS) {
      const end = Math.min(rows, start + CHUNK_ROWS);
      const input = new Tensor('float32', values.slice(start * width, end * width), [end - start, width]);
      const answer = await session.run({ [graphEnds.input]: input }, [graphEnds.output]);
      const probabilities = answer[graphEnds.output]?.data;
      if (!(probabilities instanceof Float32Array)) throw new Error('ONNX Runtime did not answer with float32 values.');
      for (let row = start; row < end; row++) scores[row] = probabilities[(row - start) * 2 + 1] ?? Number.NaN;
    }
    return scores;
  } finally {
    await session.release();
  }
}
