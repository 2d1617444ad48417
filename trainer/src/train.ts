import { setImmediate } from 'node:timers/promises';
import {
  type CardFigures,
  MANIFEST_VERSION,
  type Manifest,
  type ReplayTable,
  type TrainingInput,
  type TrainingProgress,
} from '@churnops/crds';
import { createHash } from 'node:crypto';
import { cardFigures } from './card/card-figures.js';
import { prepareData } from './dataset/prepare-data.js';
import type { LocalTable, PreparedData } from './dataset/prepared-data.js';
import { probabilities } from './evaluation/calibrate.js';
import { fitModel, type FittedModel } from './fit-model.js';
import { judgeModel, shareOf } from './judge-model.js';
import { exactProbabilities } from './onnx/exact-probabilities.js';
import { graphEnds, treeOpset } from './onnx/export-model.js';
import { modelParity } from './onnx/model-parity.js';
import type { XGBoostModel } from './onnx/xgboost-model.js';
import { chooseGoldenRows, goldenCandidates } from './publish/golden-rows.js';
import { chooseReplayRows } from './publish/replay-rows.js';
import { churnopsVersion } from './version.js';
import { NativeLibrary } from './xgboost/native-library.js';
import { marginsOf } from './xgboost/refit.js';
import { selectRows, valuesOf, type Rows } from './xgboost/rows.js';

/** A training run on a table that is on this machine's disk. */
export interface TrainingTask {
  readonly source: LocalTable;
  readonly input: TrainingInput;
  /** CSV with the columns row and split, for comparisons on fixed rows. */
  readonly splitFile?: string;
  /** Path of libxgboost.so. */
  readonly library: string;
  /** Folder with the artifact of the revision that serves now, which the model is compared with. */
  readonly currentDirectory?: string;
  /** What the graph may take, in bytes; absent: what fits a ConfigMap. */
  readonly mostGraphBytes?: number;
}

/** The manifest but for the times and the place of the run, and for the rows to replay, of which as many are kept as fit. */
export type ManifestDraft = Omit<Manifest, 'run' | 'replay'>;

export interface TrainedModel {
  readonly manifest: ManifestDraft;
  readonly onnx: Uint8Array<ArrayBuffer>;
  /** Undefined when no held-out row is short enough. */
  readonly replay: ReplayTable | undefined;
  /** What the model card's plots are drawn from. */
  readonly card: CardFigures;
}

/** Trains, judges and exports a model. The same task gives the same bytes. Blocks the event loop for up to one round. */
export async function train(task: TrainingTask, report: (progress: TrainingProgress) => void): Promise<TrainedModel> {
  report({ step: 'Profile', percent: 5 });
  const data = await prepareData(task.source, task.input, task.splitFile);
  report({ step: 'Split', percent: 15 });
  const library = new NativeLibrary(task.library);
  const { input } = task;
  const development = sideOf(data, 0);
  const fitted = await fitModel(library, { ...task, development, data }, report);
  report({ step: 'Judge', percent: 80 });
  const test = heldOut(data);
  const predict = predictor(library, fitted, data.width);
  const scores = await predict(test.values);
  const { threshold, onnx } = fitted;
  const judgement = await judgeModel({
    ...{ data, input, development, threshold, test: { ...test, scores } },
    ...(task.currentDirectory !== undefined && { currentDirectory: task.currentDirectory }),
  });
  report({ step: 'Export', percent: 85 });
  const parity = await modelParity(library, fitted, data);
  return {
    onnx,
    replay: chooseReplayRows(data, input.seed),
    card: await cardFigures({ predict, data, test: { ...test, scores }, threshold, seed: input.seed }),
    manifest: {
      version: MANIFEST_VERSION,
      model: describeGraph(onnx, data.width),
      target: { ...data.target, excludeLabels: [...data.target.excludeLabels] },
      ...(data.entityKey === undefined ? {} : { entityKey: data.entityKey }),
      columns: [...data.columns],
      features: [...data.features],
      decision: describeDecision(input.decision, threshold),
      calibration: fitted.calibration,
      search: fitted.search,
      ...judgement.manifest,
      parity,
      data: describeData(data, development.labels.length),
      parameters: fitted.parameters,
      seed: input.seed,
      warnings: [...data.warnings, ...judgement.warnings],
      dataReport: data.report,
      goldenSums: 'Float64',
      goldenRows: goldenRows(data, fitted.model),
      versions: {
        churnops: churnopsVersion,
        xgboost: library.version,
        onnxOpset: `${treeOpset.domain} ${treeOpset.version}`,
      },
    },
  };
}

/** Answers probabilities of rows of the matrix, as the exported graph does, for less. */
function predictor(library: NativeLibrary, { json, calibration }: FittedModel, width: number) {
  return async (values: Float32Array) => {
    // Native code blocks the event loop; between two calls signals and messages get their turn.
    await setImmediate();
    return probabilities(marginsOf(library, json, values, width), calibration);
  };
}

function sideOf(data: PreparedData, side: 0 | 1) {
  const rows: number[] = [];
  for (let row = 0; row < data.rows; row += 1) if (data.side[row] === side) rows.push(row);
  const fold = new Uint8Array(rows.length);
  for (let place = 0; place < rows.length; place += 1) fold[place] = data.fold[rows[place] ?? 0] ?? 0;
  return { ...selectRows(rowsOf(data), rows), rows, fold };
}

/** Copied, since they are read by many. */
function heldOut(data: PreparedData) {
  const side = sideOf(data, 1);
  return { values: valuesOf(side), width: data.width, labels: side.labels, rows: side.rows };
}

function rowsOf({ matrix, width, labels }: PreparedData): Rows {
  return { values: matrix, width, labels };
}

function goldenRows(data: PreparedData, model: XGBoostModel): Manifest['goldenRows'] {
  const rows = goldenCandidates(data);
  const scores = exactProbabilities(model, valuesOf(selectRows(rowsOf(data), rows)), data.width);
  return chooseGoldenRows(data, { rows, scores });
}

function describeDecision(decision: TrainingInput['decision'], threshold: number): Manifest['decision'] {
  const { thresholdPolicy: policy, topFractionPercent, profit } = decision;
  return { policy, threshold, ...(policy === 'TopFraction' && { topFractionPercent }), profit };
}

function describeGraph(onnx: Uint8Array, width: number): Manifest['model'] {
  const sha256 = createHash('sha256').update(onnx).digest('hex');
  return {
    file: 'model.onnx',
    sha256,
    bytes: onnx.length,
    input: graphEnds.input,
    output: graphEnds.output,
    width,
  };
}

function describeData(data: PreparedData, developmentRows: number): Manifest['data'] {
  return {
    ...data.identity,
    rows: data.rows,
    excludedRows: data.excludedRows,
    duplicateRows: data.duplicateRows,
    developmentRows,
    testRows: data.rows - developmentRows,
    positiveShare: shareOf(data.labels),
  };
}
