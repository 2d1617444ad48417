import { setImmediate } from 'node:timers/promises';
import { Booster, type Parameters } from './booster.js';
import { scoringMatrix, trainingMatrix } from './matrix.js';
import type { NativeLibrary } from './native-library.js';
import { binsOf } from './search-space.js';
import type { Rows } from './rows.js';

/** Rows that are scored at once. */
const CHUNK_ROWS = 65_536;

/** Trains a model of exactly `rounds` trees; returns it as XGBoost's JSON. */
export async function refit(
  library: NativeLibrary,
  parameters: Parameters,
  data: Rows,
  rounds: number,
): Promise<string> {
  using training = trainingMatrix(library, data, binsOf(parameters));
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
  const margins = new Float32Array(values.length / width);
  using booster = new Booster(library, { nthread: 2 }, []);
  booster.loadJson(json);
  for (let start = 0; start < margins.length; start += CHUNK_ROWS) {
    const part = values.subarray(start * width, (start + CHUNK_ROWS) * width);
    using matrix = scoringMatrix(library, { values: part, width, labels: new Float32Array(part.length / width) });
    margins.set(booster.margins(matrix), start);
  }
  return margins;
}
