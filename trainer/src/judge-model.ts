import { mergedGates, type Manifest, type TrainingInput } from '@churnops/crds';
import type { PreparedData } from './dataset/prepared-data.js';
import { compare } from './evaluation/compare.js';
import type { JudgedDecision } from './evaluation/figures.js';
import { judge, judgeBaseline, judgePlainly } from './evaluation/judge.js';
import { fitLogisticRegression, predictLogistic } from './evaluation/logistic-regression.js';
import { passGates } from './evaluation/pass-gates.js';
import { profitFigures } from './evaluation/profit.js';
import { readCurrentModel, type CurrentModel } from './evaluation/read-current-model.js';
import { incomparable, scoreByCurrent } from './evaluation/score-by-current.js';
import { scoreQuantiles } from './evaluation/score-quantiles.js';
import { judgeSlices, type ScoredRows } from './evaluation/slices.js';
import { TrainingProblem } from './failure.js';
import type { Rows } from './xgboost/rows.js';

/** What is judged: a model by its probabilities of the held-out rows. */
export interface JudgeTask {
  readonly data: PreparedData;
  readonly input: TrainingInput;
  readonly development: Rows;
  readonly test: Rows & ScoredRows;
  readonly threshold: number;
  /** Folder with the artifact of the revision that serves now. */
  readonly currentDirectory?: string;
}

/** What the manifest says about how good the model is. */
export interface ModelJudgement {
  readonly manifest: Pick<
    Manifest,
    'metrics' | 'intervals' | 'baseline' | 'logisticRegression' | 'slices' | 'comparison' | 'gates' | 'scoreQuantiles'
  >;
  readonly warnings: readonly string[];
}

/** Judges a model on the held-out rows: alone, beside what is simpler, for groups of customers, and against the current one. */
export async function judgeModel(task: JudgeTask): Promise<ModelJudgement> {
  const { data, input, development, test, threshold } = task;
  const decision: JudgedDecision = { threshold, profit: profitFigures(input.decision.profit) };
  const { metrics, intervals } = judge(test.scores, test.labels, decision, input.seed);
  const linear = predictLogistic(fitLogisticRegression(development, input.seed), test);
  const protectedColumns = input.features.filter(({ sensitivity }) => sensitivity === 'Protected');
  const { comparison, warnings } = await compareWithCurrent(task, decision);
  return {
    warnings,
    manifest: {
      metrics,
      baseline: judgeBaseline(shareOf(development.labels), test.labels, decision),
      intervals,
      logisticRegression: judgePlainly(linear, test.labels, decision),
      ...(protectedColumns.length > 0 && {
        slices: judgeSlices(
          protectedColumns.map(({ name }) => name),
          data,
          test,
          decision,
        ),
      }),
      ...(comparison && { comparison }),
      gates: passGates(mergedGates(input.gates), metrics, comparison),
      scoreQuantiles: scoreQuantiles(test.scores),
    },
  };
}

interface Outcome {
  readonly comparison?: NonNullable<Manifest['comparison']>;
  readonly warnings: readonly string[];
}

async function compareWithCurrent(
  { data, input, test, currentDirectory }: JudgeTask,
  decision: JudgedDecision,
): Promise<Outcome> {
  if (currentDirectory === undefined) return { warnings: [] };
  const current = await readIfPossible(currentDirectory);
  if (typeof current === 'string') return { warnings: [`${current} So the model was not compared with it.`] };
  const obstacle = incomparable(current.manifest, data);
  if (obstacle !== undefined) return { warnings: [`Not compared with the current revision: ${obstacle}.`] };
  const { positions, scores } = await scoreByCurrent(current, data, test.rows);
  const labels = Float32Array.from(positions, (position) => test.labels[position] ?? 0);
  if (new Set(labels).size < 2)
    return { warnings: ['Not compared with the current revision: it can read too few of the rows.'] };
  const ours = { scores: Float32Array.from(positions, (position) => test.scores[position] ?? 0), decision };
  const theirs = { scores, decision: { ...decision, threshold: current.manifest.decision.threshold } };
  const comparison = compare(ours, theirs, labels, input.seed);
  return { comparison: { artifactSha256: current.sha256, rows: positions.length, ...comparison }, warnings: [] };
}

/** The current model, or why it can't be read. One that is lost keeps nobody from training its successor. */
async function readIfPossible(directory: string): Promise<CurrentModel | string> {
  try {
    return await readCurrentModel(directory);
  } catch (error) {
    if (error instanceof TrainingProblem) return error.message;
    throw error;
  }
}

/** Share of leavers, 0 to 1. */
export function shareOf(labels: Float32Array): number {
  return labels.reduce((sum, label) => sum + label, 0) / labels.length;
}
