import type { Manifest } from '@churnops/crds';
import type { PreparedData } from '../dataset/prepared-data.js';
import { probabilities } from '../evaluation/calibrate.js';
import type { FittedModel } from '../fit-model.js';
import type { NativeLibrary } from '../xgboost/native-library.js';
import { marginsOf } from '../xgboost/refit.js';
import { checkParity } from './check-parity.js';
import { parityRows } from './parity-rows.js';
import { runGraph } from './run-graph.js';

/**
 * ONNX Runtime against native XGBoost, whose log odds are calibrated here by themselves: so the folding is checked too.
 *
 * @throws TrainingProblem when they answer otherwise: see `checkParity`
 */
export async function modelParity(
  library: NativeLibrary,
  { json, model, onnx, calibration, threshold }: FittedModel,
  data: Pick<PreparedData, 'matrix' | 'width'>,
): Promise<Manifest['parity']> {
  const rows = parityRows(model, data.matrix, data.width);
  const native = probabilities(marginsOf(library, json, rows, data.width), calibration);
  return checkParity(native, await runGraph(onnx, rows, data.width), threshold);
}
