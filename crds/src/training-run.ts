import { z } from 'zod';
import { CardFigures } from './card-figures.js';
import { FeatureOverride, Gate, GateVerdict } from './churn-model.js';
import { DataFinding, LeakPolicy, MAX_FINDINGS } from './data-report.js';
import { ColumnName, Decimal, Sha256 } from './scalars.js';
import { CalibrationPolicy, Decision, FixedParameter, Search } from './training-settings.js';

/** What the operator tells a training Job, in the environment variable `CHURNOPS_TRAINING_INPUT`, as JSON. */
export const TrainingInput = z.strictObject({
  data: z.strictObject({
    /**
     * `s3://BUCKET/KEY`, `https://HOST/PATH`, `postgres://HOST:PORT/DATABASE`, or `file:///PATH`: PATH is looked up below
     * `CHURNOPS_DATA_ROOT` (in the pod `/data`). One of `s3` or `file` that ends with `/` means all files below it.
     */
    uri: z.string(),
    /** With `postgres://`: the SELECT whose rows are the table. */
    query: z.string().optional(),
    /** Absent: `PublicOnly`. */
    https: z.strictObject({ addressPolicy: z.enum(['PublicOnly', 'AllowPrivate']) }).optional(),
    /** Absent: `VerifyFull` and 300 seconds. */
    postgres: z
      .strictObject({ tlsMode: z.enum(['VerifyFull', 'Require', 'Disable']), statementTimeoutSeconds: z.int() })
      .optional(),
    format: z.enum(['Auto', 'Csv', 'Parquet', 'JsonLines']),
    s3: z.strictObject({ endpoint: z.string(), region: z.string(), forcePathStyle: z.boolean() }),
    label: ColumnName,
    positiveLabel: z.string().optional(),
    excludeLabels: z.array(z.string()),
    entityKey: ColumnName.optional(),
    excludeColumns: z.array(ColumnName),
  }),
  features: z.array(FeatureOverride),
  /** Absent: `Exclude`. */
  leakPolicy: LeakPolicy.optional(),
  seed: z.int(),
  // What came after release 0.1.0 has defaults, because revisions of that release are read too.
  parameters: z.array(FixedParameter).default([]),
  search: Search.prefault({}),
  calibration: CalibrationPolicy,
  /** The user's gates, with or without default ones: see `mergedGates`. */
  gates: z.array(Gate),
  decision: Decision,
});
export type TrainingInput = z.infer<typeof TrainingInput>;

/** Environment of the training container. Credentials come as files, one per key of the Secret: `s3SecretKeys`, `loginSecretKeys`. */
export const trainingEnvironment = {
  /** JSON: `TrainingInput`. */
  input: 'CHURNOPS_TRAINING_INPUT',
  /** The ConfigMap that the trainer fills in one PATCH. */
  configMap: 'CHURNOPS_ARTIFACT_CONFIGMAP',
  /** The namespace of the ConfigMap. */
  namespace: 'CHURNOPS_NAMESPACE',
  /** Name of the Job, for the manifest's `run` block. */
  job: 'CHURNOPS_JOB',
  /** Folder that `file://` paths are looked up in. */
  dataRoot: 'CHURNOPS_DATA_ROOT',
  /** Folder with one file per key of the Secret; absent when there is no secretRef. */
  credentials: 'CHURNOPS_CREDENTIALS',
  /** Folder with the artifact of the current revision, which the new model is compared with; absent when there is none. */
  currentArtifact: 'CHURNOPS_CURRENT_ARTIFACT',
  /** The same as `s3://BUCKET/FOLDER`, when it is in the store that `artifactStoreEnvironment` names. */
  currentArtifactUri: 'CHURNOPS_CURRENT_ARTIFACT_URI',
  /** PEM file of the CAs to trust beside the public ones; absent when there is no caBundleRef. */
  caFile: 'CHURNOPS_CA_FILE',
} as const;

/** Exit codes of the trainer; podFailurePolicy and the CLI rely on them. */
export const trainerExitCodes = {
  /** The artifact and its report are published. A report may still say that a gate failed. */
  done: 0,
  /** Something unexpected: a retry may help. */
  unexpected: 1,
  /** The data or the command is wrong: no retry helps. One sentence says why. */
  invalid: 2,
  /** The data, or the place for the artifact, can't be reached now: a later try may help. */
  unreachable: 3,
} as const;

/** Why a training run failed, as the termination message (JSON, 4 KiB at most). None fails for the registry. */
export const TrainingFailure = z.strictObject({
  reason: z.enum([
    'DataInvalid',
    'DataUnreachable',
    'ArtifactStoreUnreachable',
    'RegistryUnreachable',
    'SecretNotFound',
    'ArtifactTooLarge',
    'TrainingFailed',
  ]),
  /** One sentence that names the column, file or object, and what to do. */
  message: z.string().max(2048),
  /** What the table has that it was refused for: the condition `DataHealthy` tells it too. */
  finding: DataFinding.shape.kind.extract(['LeakingColumn', 'TooFewRows']).optional(),
});
export type TrainingFailure = z.infer<typeof TrainingFailure>;

/** The steps of training, in order. */
export const trainingSteps = ['Fetch', 'Profile', 'Split', 'Search', 'Train', 'Judge', 'Export', 'Publish'] as const;

/** How far training is: key `progress.json` of the artifact ConfigMap, and a log line each. */
export const TrainingProgress = z.strictObject({
  step: z.enum(trainingSteps),
  percent: z.int().min(0).max(100),
  /** The trial of the search that is under way, from 1, and the best log loss so far. */
  trial: z.strictObject({ number: z.int(), of: z.int(), bestLogLoss: z.number().optional() }).optional(),
});
export type TrainingProgress = z.infer<typeof TrainingProgress>;

/** What the operator copies into the revision's status: key `report.json` of the artifact ConfigMap. */
export const TrainingReport = z.strictObject({
  /** Hash that the operator records and serving verifies: see `artifactHash` in artifact.ts. */
  artifactSha256: Sha256,
  /** Point figures on the held-out rows, as decimals with 4 digits. Keys: `GateMetric`, plus `Lift10`. */
  metrics: z.record(z.string(), z.string()),
  /** 95 % intervals of the figures that have one. */
  intervals: z.record(z.string(), z.strictObject({ low: Decimal, high: Decimal })).optional(),
  /** Every gate with what it was judged by. */
  gates: z.array(GateVerdict).optional(),
  /** Decimal with 4 digits. */
  threshold: z.string(),
  /** Gates that failed, a sentence each: `RocAUC 0.58 is below minValue 0.60`. Empty: the model may be served. */
  failedGates: z.array(z.string()),
  /** Sentences worth a person's attention. */
  warnings: z.array(z.string()),
  /** What was found in the table, the gravest first. Absent in reports of release 0.1.0. */
  findings: z.array(DataFinding).max(MAX_FINDINGS).optional(),
  /** What the model card's plots are drawn from. Absent in reports of release 0.1.0. */
  card: CardFigures.optional(),
});
export type TrainingReport = z.infer<typeof TrainingReport>;
