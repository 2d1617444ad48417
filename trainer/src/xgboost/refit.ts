import { setImmediate } from 'node:timers/promises';
import { Booster, type Parameters } from './booster.js';
import { Matrix } from './matrix.js';
import type { NativeLibrary } from './native-library.js';
import type { Rows } from './rows.js';

/** Trains a model of exactly `rounds` trees; returns it as XGBoost's JSON. */
export async function refit(
  library: NativeLibrary,
  parameters: Parameters,
  data: Rows,
  rounds: number,
): Promise<string> {
  using training = new Matrix(library, data.values, data.width, data.labels);
  using booster = new Booster(library, parameters, [training]);
  for (let round = 0; round < rounds; round++) {
    booster.update(round, training);
    await setImmediate();
  }
  return booster.saveJson();
}

/** Log odds of rows (row-major `[rows, width]`) by a saved model. */
export function marginsOf(
  library: NativeLibrary,
  json: string,
  values: Float32Array,
  width: number,
): Float32Array<ArrayBuffer> {
  using matrix = new Matrix(library, values, width);
  using booster = new Booster(library, { nthread: 2 }, []);
  booster.loadJson(json);
  return booster.margins(matrix);
}
