import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { BoostingParameter, Decimal, Profit, type Manifest, type TrainingInput } from '@churnops/crds';
import { Command, Option } from 'commander';
import { z } from 'zod';
import { nativeConfig } from '../config.js';
import { fetchLocal } from '../dataset/fetch-local.js';
import { readCurrentModel } from '../evaluation/read-current-model.js';
import { dataInvalid } from '../failure.js';
import { trainInChild } from '../process/train-in-child.js';
import { makeArtifact } from '../publish/artifact.js';
import { checkDirectory, publishToDirectory } from '../publish/to-directory.js';
import { renderReport } from '../report.js';
import { untilInterrupted } from './interruption.js';
import { ProgressLine } from './progress-line.js';

/** Exit code of a model that was written although a gate refuses it: the same as for data that can't be trained on. */
const GATE_EXIT_CODE = 2;

const leakPolicies = { exclude: 'Exclude', reject: 'Reject', keep: 'Keep' } as const;

const formats = { auto: 'Auto', csv: 'Csv', parquet: 'Parquet', jsonlines: 'JsonLines' } as const;

const calibrations = { auto: 'Auto', none: 'None', sigmoid: 'Sigmoid' } as const;

const policies = {
  'maximum-f1': 'MaximumF1',
  'maximum-profit': 'MaximumProfit',
  'top-fraction': 'TopFraction',
} as const;

/** `NAME=VALUE` options as an object; one without a value is left to the schema to refuse. */
function assigned(texts: unknown): unknown {
  return Array.isArray(texts) ? Object.fromEntries(texts.map((text) => String(text).split('='))) : texts;
}

const TrainOptions = z.object({
  data: z.string().min(1),
  label: z.string().min(1),
  positiveLabel: z.string().optional(),
  excludeLabel: z.array(z.string()),
  entityKey: z.string().optional(),
  excludeColumn: z.array(z.string()),
  leakPolicy: z.enum(['exclude', 'reject', 'keep']),
  splitFile: z.string().optional(),
  threshold: z.coerce.number().gt(0).lt(1).transform(String).optional(),
  policy: z.enum(['maximum-f1', 'maximum-profit', 'top-fraction']),
  topPercent: z.coerce.number().int().min(1).max(99),
  profit: z.preprocess(assigned, Profit),
  trials: z.coerce.number().int().min(1).max(1000),
  searchSeconds: z.coerce.number().int().min(1).max(86400),
  parameter: z.preprocess(assigned, z.partialRecord(BoostingParameter, Decimal)),
  calibration: z.enum(['auto', 'none', 'sigmoid']),
  protected: z.array(z.string()),
  current: z.string().optional(),
  seed: z.coerce.number().int().min(0).max(2147483647),
  format: z.enum(['auto', 'csv', 'parquet', 'jsonlines']),
  out: z.string().min(1),
});
type TrainOptions = z.infer<typeof TrainOptions>;

const examples = `
Examples:
  churnops train --data customers.csv --label churn --entity-key customer_id --out model
  churnops train --data customers.parquet --label status --positive-label Left --exclude-label Joined --out model
  churnops train --data customers.csv --label churn --policy maximum-profit --profit customerValue=500 --out model
  churnops train --data customers.csv --label churn --protected gender --current model --out next-model

Writes model.onnx, manifest.json, report.json, replay.json and model-card.md with its plots to --out. Exit codes: 0 trained; 2 the
command or the data is wrong, or the model was written but misses a gate (RocAUC >= 0.60, CalibrationZ <= 4; with --current not clearly worse than that by 0.01 in
RocAUC or LogLoss); 1 something unexpected.`;

/** `train`: a model from a file, without any cluster. */
export function trainCommand(env: Record<string, string | undefined>): Command {
  return new Command('train')
    .description('Train a churn model from a table and write it to a folder')
    .requiredOption('--data <file>', 'table: .csv, .parquet, .jsonl or .ndjson, or a folder of such files')
    .requiredOption('--label <column>', 'column that says whether the customer left')
    .option('--positive-label <value>', 'value of the label that means: left (default: 1, true or yes)')
    .option('--exclude-label <value>', 'leave out rows with this label; may be repeated', collect, [])
    .option('--entity-key <column>', 'column that names the customer; never a feature')
    .option('--exclude-column <column>', 'column that must not be a feature; may be repeated', collect, [])
    .addOption(
      new Option('--leak-policy <policy>', 'what to do with a column that alone tells who left')
        .choices(Object.keys(leakPolicies))
        .default('exclude'),
    )
    .option('--split-file <file>', 'CSV with the columns row and split (train or test), for comparisons')
    .option(
      '--threshold <probability>',
      'count customers as leaving from this probability (default: that of the best F1)',
    )
    .addOption(
      new Option('--policy <policy>', 'how the threshold is chosen')
        .choices(Object.keys(policies))
        .default('maximum-f1'),
    )
    .option('--top-percent <number>', 'share of the customers that count as leaving, with top-fraction', '10')
    .option(
      '--profit <figure=value>',
      'customerValue, offerCost, contactCost or acceptanceProbability; may be repeated',
      collect,
      [],
    )
    .option('--trials <number>', 'sets of parameters that are tried at most', '16')
    .option('--search-seconds <number>', 'after how long no more are tried', '900')
    .option('--parameter <name=value>', 'parameter of XGBoost that is not searched; may be repeated', collect, [])
    .addOption(
      new Option('--calibration <method>', 'correction of probabilities')
        .choices(Object.keys(calibrations))
        .default('auto'),
    )
    .option('--protected <column>', 'column whose values are judged apart; may be repeated', collect, [])
    .option('--current <folder>', 'model that serves now: the new one is compared with it on the same rows')
    .option('--seed <number>', 'seed of everything random', '42')
    .addOption(new Option('--format <format>', 'format of the table').choices(Object.keys(formats)).default('auto'))
    .requiredOption('--out <folder>', 'new or empty folder, or one that holds an earlier model')
    .addHelpText('after', examples)
    .action(async (raw: unknown) => {
      process.exitCode = await runTrain(parseOptions(raw), env);
    });
}

function collect(value: string, earlier: readonly string[]): string[] {
  return [...earlier, value];
}

function parseOptions(raw: unknown): TrainOptions {
  const parsed = TrainOptions.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const option = String(issue?.path[0] ?? '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw dataInvalid(`The option --${option} is wrong: ${issue?.message ?? 'unreadable'}.`);
}

async function runTrain(options: TrainOptions, env: Record<string, string | undefined>): Promise<number> {
  const startTime = new Date().toISOString();
  const native = nativeConfig(env);
  const directory = resolve(options.out);
  await checkDirectory(directory);
  const current = options.current === undefined ? undefined : resolve(options.current);
  // Here a folder that can't be read is a mistake, and told before a minute of training.
  if (current !== undefined) await readCurrentModel(current);
  const line = new ProgressLine(process.stderr);
  const artifact = await untilInterrupted(async (signal) => {
    line.show({ step: 'Fetch', percent: 0 });
    const source = await fetchLocal(resolve(options.data), formats[options.format]);
    const task = {
      source,
      input: trainingInput(options, source.uri),
      ...(options.splitFile === undefined ? {} : { splitFile: resolve(options.splitFile) }),
      library: native.library,
      ...(current !== undefined && { currentDirectory: current }),
    };
    const progress = line.show.bind(line);
    const model = await trainInChild(task, { environment: native.environment, progress, signal });
    const run: Manifest['run'] = { startTime, completionTime: new Date().toISOString(), host: hostname() };
    return makeArtifact(model, run);
  }).finally(() => {
    line.end();
  });
  await publishToDirectory(artifact, directory);
  process.stdout.write(renderReport(artifact, options.out));
  return artifact.report.failedGates.length === 0 ? 0 : GATE_EXIT_CODE;
}

function trainingInput(options: TrainOptions, uri: string): TrainingInput {
  const { positiveLabel, entityKey, threshold } = options;
  return {
    data: {
      uri,
      format: formats[options.format],
      s3: { endpoint: '', region: '', forcePathStyle: true },
      label: options.label,
      ...(positiveLabel === undefined ? {} : { positiveLabel }),
      excludeLabels: options.excludeLabel,
      ...(entityKey === undefined ? {} : { entityKey }),
      excludeColumns: options.excludeColumn,
    },
    features: options.protected.map((name) => ({ name, missingPolicy: 'Allow', sensitivity: 'Protected' })),
    leakPolicy: leakPolicies[options.leakPolicy],
    seed: options.seed,
    parameters: fixedParameters(options.parameter),
    search: { maxTrials: options.trials, timeoutSeconds: options.searchSeconds },
    calibration: calibrations[options.calibration],
    gates: [],
    decision: {
      topFractionPercent: options.topPercent,
      profit: options.profit,
      ...(threshold === undefined
        ? { thresholdPolicy: policies[options.policy] }
        : { thresholdPolicy: 'Fixed', fixedThreshold: threshold }),
    },
  };
}

function fixedParameters(values: TrainOptions['parameter']): TrainingInput['parameters'] {
  return BoostingParameter.options.flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [{ name, value }];
  });
}
