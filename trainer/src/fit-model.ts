import type { TrainingInput, TrainingProgress } from '@churnops/crds';
import type { PreparedData } from './dataset/prepared-data.js';
import { chooseCalibration, probabilities, type Calibration } from './evaluation/calibrate.js';
import { chooseThreshold } from './evaluation/threshold.js';
import { calibrated } from './onnx/calibrated.js';
import { exportModel } from './onnx/export-model.js';
import { parseModel, type XGBoostModel } from './onnx/xgboost-model.js';
import type { CrossValidation, FoldedRows } from './xgboost/cross-validate.js';
import { monotoneConstraints } from './xgboost/monotone-constraints.js';
import type { NativeLibrary } from './xgboost/native-library.js';
import { refit } from './xgboost/refit.js';
import { searchParameters } from './xgboost/search.js';
import { fixedValues } from './xgboost/search-space.js';

/** What a graph may take of an artifact in a ConfigMap, 900 KiB, in bytes: golden rows take 200 KiB at most. */
const MOST_GRAPH_BYTES = 700 * 1024;

/** A model that was fitted on all development rows, with all that was chosen on the way. */
export interface FittedModel {
  /** As XGBoost's JSON, before calibration. */
  readonly json: string;
  /** With the calibration folded in: what is exported. */
  readonly model: XGBoostModel;
  readonly onnx: Uint8Array<ArrayBuffer>;
  readonly calibration: Calibration;
  readonly threshold: number;
  readonly parameters: Record<string, string | number>;
  readonly search: { trialsDone: number; rows: number; logLoss: number };
}

interface FittingTask {
  readonly development: FoldedRows;
  readonly data: PreparedData;
  readonly input: TrainingInput;
  readonly mostGraphBytes?: number;
}

/** Searches parameters, calibrates and chooses the threshold on out-of-fold probabilities, and fits the model on all rows. */
export async function fitModel(
  library: NativeLibrary,
  { development, data, input, mostGraphBytes = MOST_GRAPH_BYTES }: FittingTask,
  report: (progress: TrainingProgress) => void,
): Promise<FittedModel> {
  const task = {
    search: input.search,
    fixed: fixedValues(input.parameters),
    constraints: monotoneConstraints(data.features, input.features),
    seed: input.seed,
  };
  const { ranking, trialsDone, rows } = await searchParameters(library, development, task, (trial) => {
    report({ step: 'Search', percent: Math.round(20 + (50 * (trial.number - 1)) / trial.of), trial });
  });
  report({ step: 'Train', percent: 70 });
  const { trial, ...fitted } = await fitSmallEnough(library, {
    ranking,
    data,
    development,
    rows,
    input,
    mostGraphBytes,
  });
  const { margins, parameters, rounds, loss } = trial;
  return {
    ...fitted,
    threshold: chooseThreshold(input.decision, probabilities(margins, fitted.calibration), rows.labels),
    parameters: { ...parameters, num_boost_round: rounds },
    search: { trialsDone, rows: rows.labels.length, logLoss: Math.round(loss * 1e6) / 1e6 },
  };
}

interface Candidates {
  /** The best first. */
  readonly ranking: readonly CrossValidation[];
  readonly data: PreparedData;
  readonly development: FoldedRows;
  /** The rows that the trials were scored on. */
  readonly rows: FoldedRows;
  readonly input: TrainingInput;
  readonly mostGraphBytes: number;
}

/** The model of the best trial that fits an artifact; when none does, that of the best, whose artifact is then refused by its size. */
async function fitSmallEnough(library: NativeLibrary, candidates: Candidates) {
  const { ranking, data, development, rows, input, mostGraphBytes } = candidates;
  const fit = async (trial: CrossValidation) => {
    const json = await refit(library, trial.parameters, development, trial.rounds);
    const calibration = chooseCalibration(input.calibration, { ...rows, margins: trial.margins });
    const model = calibrated(parseModel(json), calibration);
    return { trial, json, calibration, model, onnx: exportModel(model, data.width) };
  };
  let best: Awaited<ReturnType<typeof fit>> | undefined;
  for (const trial of ranking) {
    const fitted = await fit(trial);
    if (fitted.onnx.length <= mostGraphBytes) return fitted;
    best ??= fitted;
  }
  if (best === undefined) throw new Error('The search for parameters ended without a single trial.');
  return best;
}
