import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { calibrated } from './calibrated.js';
import { exportModel } from './export-model.js';
import { parseModel } from './xgboost-model.js';

/** In a process of its own: ONNX Runtime refuses the typed arrays of Jest's realm. Missing values are null in JSON. */
async function scored(onnx: Uint8Array, row: readonly number[]): Promise<number> {
  const code = `import { runGraph } from ${JSON.stringify(new URL('../../dist/onnx/run-graph.js', import.meta.url).href)};
    const row = Float32Array.from(${JSON.stringify(row)}, (value) => value ?? NaN);
    const [probability] = await runGraph(Buffer.from('${Buffer.from(onnx).toString('base64')}', 'base64'), row, row.length);
    console.log(probability);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code]);
  return Number(stdout);
}

/** One split of column 1 at 2.5: left -1, right 2. */
function stump(defaultLeft: 0 | 1, baseScore: string): string {
  return JSON.stringify({
    learner: {
      learner_model_param: { base_score: baseScore },
      objective: { name: 'binary:logistic' },
      gradient_booster: {
        model: {
          trees: [
            {
              left_children: [1, -1, -1],
              right_children: [2, -1, -1],
              split_indices: [1, 0, 0],
              split_conditions: [2.5, -1, 2],
              split_type: [0, 0, 0],
              default_left: [defaultLeft, 0, 0],
              sum_hessian: [5, 2, 3],
            },
          ],
        },
      },
    },
  });
}

const logistic = (margin: number) => 1 / (1 + Math.exp(-margin));
const below = 2.5 - 2 ** -22;

describe('the exported graph', () => {
  it.each([
    ['goes left strictly below the split', 1, below, -1],
    ['goes right at the split', 1, 2.5, 2],
    ['sends a missing value left when the tree does', 1, Number.NaN, -1],
    ['sends a missing value right when the tree does', 0, Number.NaN, 2],
  ] as const)('%s', async (_, defaultLeft, value, leaf) => {
    const onnx = exportModel(parseModel(stump(defaultLeft, '5E-1')), 2);
    const probability = await scored(onnx, [9, value]);
    expect(probability).toBeCloseTo(logistic(leaf), 6);
  });

  it('answers with the sigmoid that was folded into the trees', async () => {
    const model = calibrated(parseModel(stump(1, '2E-1')), { slope: 1.5, intercept: -0.25 });
    const probability = await scored(exportModel(model, 2), [9, 3]);
    expect(probability).toBeCloseTo(logistic(1.5 * (2 + Math.log(0.25)) - 0.25), 6);
    // The split at 2.5 is no leaf: it stays where it was.
    expect(await scored(exportModel(model, 2), [9, below])).toBeCloseTo(
      logistic(1.5 * (-1 + Math.log(0.25)) - 0.25),
      6,
    );
  });

  it.each(['2E-1', '[2E-1]'])('starts from base_score %s as log odds', async (baseScore) => {
    const onnx = exportModel(parseModel(stump(1, baseScore)), 2);
    const probability = await scored(onnx, [9, 3]);
    expect(probability).toBeCloseTo(logistic(2 + Math.log(0.25)), 6);
  });
});
