import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { readTreeEnsemble } from '../../serving/src/engine/tree-ensemble.js';
import { hasCovers } from '../../serving/src/explanation/has-covers.js';
import { TreeShapley } from '../../serving/src/explanation/tree-shapley.js';
import { nativeConfig } from '../../trainer/src/config.js';
import { calibrated } from '../../trainer/src/onnx/calibrated.js';
import { exportModel, graphEnds } from '../../trainer/src/onnx/export-model.js';
import { parseModel } from '../../trainer/src/onnx/xgboost-model.js';
import { scoringMatrix } from '../../trainer/src/xgboost/matrix.js';
import { copyBytes, NativeLibrary } from '../../trainer/src/xgboost/native-library.js';
import { refit } from '../../trainer/src/xgboost/refit.js';

const Parameters = z.record(z.string(), z.union([z.string(), z.number()]));
const folder = new URL('../samples/data/parity/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), 'utf8');

/** A table with holes: each seventh cell is missing. */
function table(set: string) {
  const lines = read(`${set}_matrix.csv`).trim().split('\n').slice(1);
  const rows = lines.map((line) => line.split(','));
  const cells = rows.flatMap((row) => row.slice(2));
  const values = Float32Array.from(cells, (cell, place) =>
    cell === '' || place % 7 === 0 ? Number.NaN : Number(cell),
  );
  return { values, width: cells.length / rows.length, labels: Float32Array.from(rows, (row) => Number(row[1])) };
}

type Table = ReturnType<typeof table>;

/** For each row the contributions of its columns, then the base: what `pred_contribs=True` gives in Python. */
function contributionsByXGBoost(library: NativeLibrary, json: string, rows: Table): Float32Array {
  const booster = library.obtain('createBooster', [], 0);
  const bytes = new TextEncoder().encode(json);
  library.call('loadModel', booster, bytes, bytes.length);
  using matrix = scoringMatrix(library, rows);
  const configuration = { type: 2, training: false, iteration_begin: 0, iteration_end: 0, strict_shape: false };
  const result: unknown[] = [null];
  library.call('predict', booster, matrix.handle, JSON.stringify(configuration), [null], [0], result);
  const copied = copyBytes(result[0], matrix.rows * (rows.width + 1) * Float32Array.BYTES_PER_ELEMENT);
  library.call('freeBooster', booster);
  return new Float32Array(copied.buffer);
}

describe('the contributions that a pod computes from the graph of the trainer', () => {
  it.each(['telco', 'mlc_churn'])('are those of XGBoost within 1e-4, for %s with missing values', async (set) => {
    const library = new NativeLibrary(nativeConfig({}).library);
    const { values, width, labels } = table(set);
    const json = await refit(
      library,
      Parameters.parse(JSON.parse(read(`${set}_params.json`))),
      { values, width, labels },
      100,
    );
    const calibration = { slope: 1.25, intercept: -0.5 };
    const graph = exportModel(calibrated(parseModel(json), calibration), width);
    const file = { file: 'model.onnx', sha256: '', bytes: graph.length, ...graphEnds, width } as const;
    const ensemble = readTreeEnsemble(graph, file);
    expect(hasCovers(ensemble)).toBe(true);

    const rows = { values: values.subarray(0, 500 * width), width, labels: labels.subarray(0, 500) };
    const native = contributionsByXGBoost(library, json, rows);
    const shapley = new TreeShapley(ensemble);
    const differences = Array.from(rows.labels, (_, row) => {
      const own = new Float64Array(width);
      shapley.explain(rows.values.subarray(row * width, (row + 1) * width), own);
      const expected = native.subarray(row * (width + 1), (row + 1) * (width + 1));
      const base = calibration.slope * (expected[width] ?? Number.NaN) + calibration.intercept;
      const columns = Array.from(own, (value, column) => value - calibration.slope * (expected[column] ?? Number.NaN));
      return Math.max(Math.abs(shapley.base - base), ...columns.map(Math.abs));
    });
    expect(differences).toHaveLength(500);
    // Compared as a number: NaN would be no more than anything.
    expect(Math.max(...differences)).toBeLessThanOrEqual(1e-4);
  });
});
