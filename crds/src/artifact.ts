import { z } from 'zod';
import { GateMetric } from './churn-model.js';
import { DataReport } from './data-report.js';
import { ColumnName, Sha256 } from './scalars.js';
import { Profit, ThresholdPolicy } from './training-settings.js';

/** Version of the manifest's layout. A server refuses one that it does not know. */
export const MANIFEST_VERSION = 'churnops.dev/artifact/v1';

/** Bins that probabilities are counted in. */
export const SCORE_BINS = 20;

/** How a column of the table is stored: decides which JSON values a prediction may carry for it. */
export const StoredAs = z.enum(['Text', 'Number', 'Boolean', 'Date']);
export type StoredAs = z.infer<typeof StoredAs>;

/** A column of the training table, used or not, in the table's order. */
export const TableColumn = z.strictObject({
  name: ColumnName,
  storedAs: StoredAs,
  role: z.enum(['Feature', 'Label', 'EntityKey', 'Excluded', 'Dropped']),
  /** Why a column is not a feature, for people. Empty for features. */
  reason: z.string(),
});
export type TableColumn = z.infer<typeof TableColumn>;

/**
 * How a feature becomes columns of the float32 matrix `[N, width]`; missing is NaN everywhere.
 *
 * - `Number`: the value as IEEE 754 float32, one column. Text is trimmed and read as a decimal; blank, absent and null are missing.
 * - `Boolean`: 1 or 0, one column; `trueValue` and `falseValue` are the two spellings in the table.
 * - `Date`: days since 1970-01-01T00:00:00Z as a fraction, one column. Text as ISO 8601; without a zone it is UTC.
 * - `OneHot`: one column per category in the order listed, 1 for its own and 0 else. An unseen category is 0 everywhere; missing is NaN in all.
 * - `Codes`: one column: the category's position in the list; an unseen category is the length of the list; missing is NaN.
 *
 * Text is trimmed before it is compared; an empty text is missing. A JSON number for a text category is compared by its
 * shortest decimal form, a JSON boolean as `true` or `false`, without regard to case.
 */
export const Encoding = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('Number') }),
  z.strictObject({ kind: z.literal('Boolean'), trueValue: z.string(), falseValue: z.string() }),
  z.strictObject({ kind: z.literal('Date') }),
  z.strictObject({ kind: z.literal('OneHot'), categories: z.array(z.string()).min(1) }),
  z.strictObject({ kind: z.literal('Codes'), categories: z.array(z.string()).min(1) }),
]);
export type Encoding = z.infer<typeof Encoding>;

export const Feature = z.strictObject({
  name: ColumnName,
  type: z.enum(['Numeric', 'Categorical', 'Boolean', 'Date']),
  storedAs: StoredAs,
  missingPolicy: z.enum(['Allow', 'Reject']),
  encoding: Encoding,
  /** First column of this feature in the matrix. Features follow one another without gaps. */
  offset: z.int().min(0),
  /** Number of columns in the matrix. */
  width: z.int().min(1),
  /** Share of rows without a value, 0 to 1. */
  missingShare: z.number().min(0).max(1),
  /** Smallest and largest value seen (of Numeric and Date features). */
  range: z.tuple([z.number(), z.number()]).optional(),
});
export type Feature = z.infer<typeof Feature>;

/** A value as a JSON prediction carries it. */
export const CellValue = z.union([z.string(), z.number(), z.boolean(), z.null()]);
export type CellValue = z.infer<typeof CellValue>;

/** Rows that an artifact carries for a rollout with few live ones, at most. */
export const MAX_REPLAY_ROWS = 500;

/**
 * `replay.json`: held-out rows of the table, for comparing two revisions where live rows are few. A table, because names in every
 * row would take more than the values.
 */
export const ReplayTable = z
  .strictObject({
    /** The columns of features: neither keys nor columns that the user excluded leave the table. */
    columns: z.array(ColumnName).min(1),
    /** The values of each row as a prediction carries them, in the order of the columns. */
    rows: z.array(z.array(CellValue)).min(1).max(MAX_REPLAY_ROWS),
  })
  .refine(
    ({ columns, rows }) => rows.every((row) => row.length === columns.length),
    'a row has a value for each column',
  );
export type ReplayTable = z.infer<typeof ReplayTable>;

/** Figures by metric. */
const Figures = z.record(z.string(), z.number());

/** The 95 % interval of a figure, from samples of the same held-out rows (bootstrap percentiles): lower and upper end. */
const Interval = z.tuple([z.number(), z.number()]);

/** What the trainer writes and serving reads: the feature contract, the decision, and where both come from. */
export const Manifest = z.strictObject({
  version: z.literal(MANIFEST_VERSION),
  model: z.strictObject({
    file: z.literal('model.onnx'),
    /** Of the bytes of `model.onnx`. */
    sha256: Sha256,
    bytes: z.int().positive(),
    /** Name of the float32 input `[N, width]`. */
    input: z.string(),
    /** Name of the float32 output `[N, 2]`: probability of staying, of leaving. */
    output: z.string(),
    /** Columns of the matrix. */
    width: z.int().positive(),
  }),
  target: z.strictObject({
    label: ColumnName,
    /** The value of the label that means: left. */
    positiveLabel: z.string(),
    excludeLabels: z.array(z.string()),
  }),
  entityKey: ColumnName.optional(),
  columns: z.array(TableColumn),
  features: z.array(Feature).min(1),
  decision: z.strictObject({
    policy: ThresholdPolicy,
    /** A customer counts as leaving from this probability on (p >= threshold), 4 decimals. */
    threshold: z.number().gt(0).lt(1),
    topFractionPercent: z.int().optional(),
    /** What the expected profit is computed from; absent in artifacts of release 0.1.0. */
    profit: Profit.optional(),
  }),
  /**
   * The sigmoid that is folded into the trees: the log odds are `slope` times the trees' sum plus `intercept`. By `gain` the
   * cross-validated log loss is lower with it, with this standard error; without it when `method` is None.
   */
  calibration: z
    .strictObject({
      method: z.enum(['None', 'Sigmoid']),
      slope: z.number(),
      intercept: z.number(),
      gain: z.number(),
      standardError: z.number(),
    })
    .optional(),
  /** How the parameters were found: the trials that were done, over how many rows, and the log loss of the best on the folds. */
  search: z.strictObject({ trialsDone: z.int(), rows: z.int(), logLoss: z.number() }).optional(),
  /** Point figures on the held-out rows; `baseline` is a model that always answers with the share of leavers. */
  metrics: Figures,
  baseline: Figures,
  /** The 95 % intervals of `metrics`, but for the expected calibration error of a perfect model. */
  intervals: z.record(z.string(), Interval).optional(),
  /** Figures of a logistic regression on the same rows. */
  logisticRegression: Figures.optional(),
  /** Figures for each value of the protected features; without `metrics` where there are too few rows to judge. */
  slices: z
    .array(
      z.strictObject({
        feature: ColumnName,
        value: z.string(),
        rows: z.int(),
        positives: z.int(),
        /** Share of the rows that count as leaving. */
        flaggedShare: z.number(),
        metrics: Figures.optional(),
      }),
    )
    .optional(),
  /** The revision that was current, on the same rows: its figures, and what the new model adds to them. */
  comparison: z
    .strictObject({
      artifactSha256: Sha256,
      /** Held-out rows that both can score. */
      rows: z.int(),
      current: Figures,
      change: Figures,
      intervals: z.record(z.string(), Interval),
    })
    .optional(),
  gates: z.array(
    z.strictObject({
      metric: GateMetric,
      minValue: z.string().optional(),
      maxValue: z.string().optional(),
      minChange: z.string().optional(),
      maxChange: z.string().optional(),
      value: z.number(),
      current: z.number().optional(),
      change: z.number().optional(),
      /** The 95 % interval of the change. */
      changeInterval: Interval.optional(),
      passed: z.boolean(),
    }),
  ),
  /**
   * The 5 %, 10 %, ... 95 % quantiles of the probability on held-out rows: the edges of the 20 bins that scores are counted
   * in. Without them the bins are equally wide, which says little where few customers leave.
   */
  scoreQuantiles: z
    .array(z.number().min(0).max(1))
    .length(SCORE_BINS - 1)
    .optional(),
  /** ONNX Runtime against native XGBoost. */
  parity: z.strictObject({ rows: z.int(), maxAbsoluteDifference: z.number() }),
  data: z.strictObject({
    /** Without credentials or query. */
    uri: z.string(),
    format: z.enum(['Csv', 'Parquet', 'JsonLines']),
    /** How many files the table has; absent: one. */
    files: z.int().optional(),
    /** Of all files together. */
    bytes: z.int(),
    /** Of the one file, or of the lines `SHA256  NAME` of all of them in the order of their names, as sha256sum prints them. */
    sha256: Sha256,
    /** Of the one file, where the server tells one. */
    etag: z.string().optional(),
    rows: z.int(),
    excludedRows: z.int(),
    duplicateRows: z.int(),
    developmentRows: z.int(),
    testRows: z.int(),
    /** Share of leavers in all rows used, 0 to 1. */
    positiveShare: z.number(),
  }),
  /** What the table is like. Absent in artifacts of release 0.1.0. */
  dataReport: DataReport.optional(),
  /** XGBoost parameters by their names, with `num_boost_round`. */
  parameters: z.record(z.string(), z.union([z.string(), z.number()])),
  seed: z.int(),
  warnings: z.array(z.string()),
  /** How the trees were added up for the golden rows. Absent in artifacts of release 0.1.0: by ONNX Runtime, in float32. */
  goldenSums: z.literal('Float64').optional(),
  /**
   * Rows of the table with the probability they must reproduce: ONNX Runtime within 1e-5, our own engine within 1e-6 (within 1e-5
   * where they were added up in float32).
   */
  goldenRows: z.array(z.strictObject({ row: z.record(z.string(), CellValue), probability: z.number() })).min(1),
  /** Absent in artifacts of release 0.1.0, and where no row fits beside a large model. */
  replay: z
    .strictObject({
      file: z.literal('replay.json'),
      /** Of the bytes of `replay.json`. */
      sha256: Sha256,
      rows: z.int().positive(),
    })
    .optional(),
  versions: z.strictObject({ churnops: z.string(), xgboost: z.string(), onnxOpset: z.string() }),
  /** What differs between two runs on the same data, seed and version; everything else is the same byte for byte. */
  run: z.strictObject({
    startTime: z.string(),
    completionTime: z.string(),
    host: z.string(),
    job: z.string().optional(),
  }),
});
export type Manifest = z.infer<typeof Manifest>;

/** The artifact's identity is the hex SHA-256 of the bytes of `manifest.json`, which itself carries those of `model.onnx` and `replay.json`. */
export const artifactHash = 'sha256(manifest.json)';
