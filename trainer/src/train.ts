import {
  MANIFEST_VERSION,
  type Manifest,
  type ReplayTable,
  type TrainingInput,
  type TrainingProgress,
} from '@churnops/crds';
import { createHash } from 'node:crypto';
import { prepareData } from './dataset/prepare-data.js';
import type { LocalFile, PreparedData } from './dataset/prepared-data.js';
import { judge, judgeBaseline } from './evaluation/judge.js';
import { passGates } from './evaluation/pass-gates.js';
import { scoreQuantiles } from './evaluation/score-quantiles.js';
import { chooseThreshold } from './evaluation/threshold.js';
import { checkParity } from './onnx/check-parity.js';
import { exportModel, graphEnds, treeOpset } from './onnx/export-model.js';
import { parityRows } from './onnx/parity-rows.js';
import { runGraph } from './onnx/run-graph.js';
import { parseModel } from './onnx/xgboost-model.js';
import { chooseGoldenRows } from './publish/golden-rows.js';
import { chooseReplayRows } from './publish/replay-rows.js';
import { churnopsVersion } from './version.js';
import { crossValidate } from './xgboost/cross-validate.js';
import { fixedParameters } from './xgboost/fixed-parameters.js';
import { NativeLibrary } from './xgboost/native-library.js';
import { predictJson, refit } from './xgboost/refit.js';
import { selectRows } from './xgboost/rows.js';

/** A training run on a table that is on this machine's disk. */
export interface TrainingTask {
  readonly source: LocalFile;
  readonly input: TrainingInput;
  /** CSV with the columns row and split, for comparisons on fixed rows. */
  readonly splitFile?: string;
  /** Path of libxgboost.so. */
  readonly library: string;
}

/** The manifest but for the times and the place of the run, and for the rows to replay, of which as many are kept as fit. */
export type ManifestDraft = Omit<Manifest, 'run' | 'replay'>;

export interface TrainedModel {
  readonly manifest: ManifestDraft;
  readonly onnx: Uint8Array<ArrayBuffer>;
  /** Undefined when no held-out row is short enough. */
  readonly replay: ReplayTable | undefined;
}

/** Trains, judges and exports a model. The same task gives the same bytes. Blocks the event loop for up to one round. */
export async function train(task: TrainingTask, report: (progress: TrainingProgress) => void): Promise<TrainedModel> {
  report({ step: 'Profile', percent: 5 });
  const data = await prepareData(task.source, task.input, task.splitFile);
  report({ step: 'Split', percent: 15 });
  const library = new NativeLibrary(task.library);
  const parameters = { ...fixedParameters, seed: task.input.seed };
  const development = sideOf(data, 0);
  const validation = await crossValidate(library, parameters, development, (share) => {
    report({ step: 'Train', percent: Math.round(20 + 50 * share) });
  });
  const json = await refit(library, parameters, development, validation.rounds);
  report({ step: 'Judge', percent: 80 });
  const threshold = chooseThreshold(task.input.decision, validation.scores, development.labels);
  const test = sideOf(data, 1);
  const scores = predictJson(library, json, test.values, data.width);
  const figures = judge(scores, test.labels, threshold);
  report({ step: 'Export', percent: 85 });
  const exported = await exportChecked(library, json, data, threshold);
  const onnx = exported.onnx;
  const golden = chooseGoldenRows(data, await runGraph(onnx, data.matrix, data.width));
  return {
    onnx,
    replay: chooseReplayRows(data, task.input.seed),
    manifest: {
      version: MANIFEST_VERSION,
      model: describeGraph(onnx, data.width),
      target: { ...data.target, excludeLabels: [...data.target.excludeLabels] },
      ...(data.entityKey === undefined ? {} : { entityKey: data.entityKey }),
      columns: [...data.columns],
      features: [...data.features],
      decision: { policy: task.input.decision.thresholdPolicy, threshold },
      metrics: figures,
      baseline: judgeBaseline(shareOf(development.labels), test.labels, threshold),
      gates: passGates(task.input.gates, figures),
      scoreQuantiles: scoreQuantiles(scores),
      parity: exported.parity,
      data: describeData(data, development.labels.length),
      parameters: { ...parameters, num_boost_round: validation.rounds },
      seed: task.input.seed,
      warnings: [...data.warnings],
      dataReport: data.report,
      goldenRows: golden,
      versions: {
        churnops: churnopsVersion,
        xgboost: library.version,
        onnxOpset: `${treeOpset.domain} ${treeOpset.version}`,
      },
    },
  };
}

function sideOf(data: PreparedData, side: 0 | 1) {
  const positions: number[] = [];
  for (const [row, value] of data.side.entries()) if (value === side) positions.push(row);
  const rows = selectRows({ values: data.matrix, width: data.width, labels: data.labels }, positions);
  return { ...rows, fold: Uint8Array.from(positions, (row) => data.fold[row] ?? 0) };
}

async function exportChecked(library: NativeLibrary, json: string, data: PreparedData, threshold: number) {
  const model = parseModel(json);
  const onnx = exportModel(model, data.width);
  const rows = parityRows(model, data.matrix, data.width);
  const native = predictJson(library, json, rows, data.width);
  return { onnx, parity: checkParity(native, await runGraph(onnx, rows, data.width), threshold) };
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

function shareOf(labels: Float32Array): number {
  return labels.reduce((sum, label) => sum + label, 0) / labels.length;
}
