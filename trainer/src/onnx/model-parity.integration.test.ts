import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { nativeConfig } from '../config.js';
import { NativeLibrary } from '../xgboost/native-library.js';
import { refit } from '../xgboost/refit.js';

/** Rows of two columns: who spends little leaves. */
const rows = Array.from({ length: 400 }, (_, row) => [row % 20, (row * 7) % 13]);
const matrix = rows.flat();

/** In a process of its own: ONNX Runtime refuses the typed arrays of Jest's realm. `change` adds to the log odds of the graph. */
function program(model: string, change: number): string {
  const from = (path: string) => JSON.stringify(new URL(`../../dist/${path}`, import.meta.url).href);
  return `import { readFileSync } from 'node:fs';
    import { calibrated } from ${from('onnx/calibrated.js')};
    import { exportModel } from ${from('onnx/export-model.js')};
    import { modelParity } from ${from('onnx/model-parity.js')};
    import { parseModel } from ${from('onnx/xgboost-model.js')};
    import { NativeLibrary } from ${from('xgboost/native-library.js')};
    const json = readFileSync(${JSON.stringify(model)}, 'utf8');
    const calibration = { slope: 1.1, intercept: -0.1 };
    const model = calibrated(parseModel(json), calibration);
    const onnx = exportModel({ ...model, baseMargin: model.baseMargin + ${change} }, 2);
    const data = { matrix: Float32Array.from(${JSON.stringify(matrix)}), width: 2 };
    const library = new NativeLibrary(${JSON.stringify(nativeConfig({}).library)});
    const fitted = { json, model, onnx, calibration, threshold: 0.3 };
    console.log(await modelParity(library, fitted, data).then(({ rows }) => rows, ({ message }) => message));`;
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'churnops-parity-'));
  const labels = Float32Array.from(rows, ([spend = 0, other = 0]) => (spend + other < 8 ? 1 : 0));
  const training = { values: Float32Array.from(matrix), width: 2, labels };
  const library = new NativeLibrary(nativeConfig({}).library);
  const parameters = { objective: 'binary:logistic', eta: 0.3, max_depth: 3, nthread: 1, seed: 1 };
  await writeFile(join(folder, 'model.json'), await refit(library, parameters, training, 20));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('the parity of a trained model', () => {
  const told = async (change: number) => {
    const code = program(join(folder, 'model.json'), change);
    return (await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code])).stdout;
  };

  it('holds for the graph that was exported, with the sigmoid in its trees', async () => {
    expect(Number(await told(0))).toBeGreaterThanOrEqual(400);
  });

  it.each([0.001, -0.5])('finds a base score that is wrong by %s in the log odds', async (change) => {
    expect(await told(change)).toMatch(/does not answer as the trained one.*largest difference is 0\.\d+/);
  });
});
