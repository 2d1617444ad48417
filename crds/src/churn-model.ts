import { z } from 'zod';
import { Condition } from './conditions.js';
import { LeakPolicy } from './data-report.js';
import { AutoscalingBehavior, AutoscalingMetric, ServingPod, TrainingPod } from './pod-settings.js';
import { Rollout, RolloutCheck, RolloutStage } from './rollout.js';
import { ColumnName, Decimal, ObjectName, Resources, Time } from './scalars.js';
import { CalibrationPolicy, Decision, FixedParameter, Search } from './training-settings.js';

const LocalReference = z.strictObject({
  name: ObjectName.describe('Name of the object, in the namespace of the model.'),
});

/** Certificates of private CAs, which are trusted beside the public ones. */
const CaBundleReference = z.strictObject({
  kind: z.enum(['ConfigMap', 'Secret']).default('ConfigMap').describe('What holds the certificates.'),
  name: ObjectName.describe('Name of the object, in the namespace of the model.'),
  key: z
    .string()
    .min(1)
    .max(253)
    .regex(/^[-._a-zA-Z0-9]+$/)
    .default('ca.crt')
    .describe('The key with the certificates, in PEM.'),
});

/** The name of a ServiceAccount in the namespace of the model; empty: one that the operator makes. */
const ServiceAccountName = z
  .string()
  .max(253)
  .regex(/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$/)
  .default('');

/** How to reach an S3 service, for tables and for artifacts. */
const s3Service = {
  endpoint: z
    .string()
    .max(2048)
    .regex(/^(https?:\/\/.+)?$/)
    .default('')
    .describe('URL of the S3 service, for one other than AWS.'),
  region: z.string().max(63).default('').describe('Region of the bucket. Default: us-east-1.'),
  forcePathStyle: z
    .boolean()
    .default(true)
    .describe(
      'Put the bucket into the path of the URL, not into the host name: most S3 services other than AWS need it.',
    ),
};

const DataSource = z.strictObject({
  uri: z
    .string()
    .min(1)
    .max(2048)
    .regex(/^(s3:\/\/[^/]+\/.*|file:\/\/\/.*|https:\/\/[^/?#@]+\/.+|postgres:\/\/[^/?#@]+\/[^/?#@]+)$/)
    .describe(
      'Where the table is: s3://BUCKET/KEY, https://HOST/PATH, postgres://HOST:PORT/DATABASE (with data.query), or file:///PATH inside the volume of data.volume. An s3:// or file:// address that ends with / means all files below it.',
    ),
  format: z
    .enum(['Auto', 'Csv', 'Parquet', 'JsonLines'])
    .default('Auto')
    .describe('Format of the table. Auto goes by the ending of the uri: .csv, .parquet, .jsonl, .ndjson.'),
  query: z
    .string()
    .min(1)
    .max(16384)
    .optional()
    .describe(
      'The SELECT whose rows are the table, with postgres://: one statement, run in a transaction that can only read.',
    ),
  secretRef: LocalReference.optional().describe(
    'Secret with the credentials. s3://: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN if there is one; without a Secret the identity of the training pod is used. https://: username and password, or token. postgres://: username and password.',
  ),
  caBundleRef: CaBundleReference.optional().describe(
    'Certificates of CAs to trust beside the public ones, for https://, postgres:// and the S3 service.',
  ),
  https: z
    .strictObject({
      addressPolicy: z
        .enum(['PublicOnly', 'AllowPrivate'])
        .default('PublicOnly')
        .describe(
          'Which addresses the host may have. PublicOnly: none of a private network. AllowPrivate: these too; a public host still may not redirect to one.',
        ),
    })
    .optional()
    .describe('How to reach an https:// address.'),
  postgres: z
    .strictObject({
      tlsMode: z
        .enum(['VerifyFull', 'Require', 'Disable'])
        .default('VerifyFull')
        .describe(
          'VerifyFull: encrypted, and the certificate must be that of the host. Require: encrypted, whoever answers. Disable: in clear.',
        ),
      statementTimeoutSeconds: z
        .int32()
        .min(1)
        .max(86400)
        .default(300)
        .describe('How long the database may take for the first rows, and then for each further thousand, in seconds.'),
    })
    .optional()
    .describe('How to reach a database.'),
  s3: z
    .strictObject({
      ...s3Service,
    })
    .optional()
    .describe('How to reach the S3 service.'),
  volume: z
    .strictObject({
      persistentVolumeClaimName: ObjectName.describe('The claim that holds the table; mounted read-only.'),
    })
    .optional()
    .describe('The volume that file:// paths are looked up in.'),
  label: ColumnName.describe('The column that says whether the customer left.'),
  positiveLabel: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe(
      'The value of the label that means "has left", for example Yes. Default: the truthy one of two values (1, true, yes).',
    ),
  excludeLabels: z
    .array(z.string().max(256))
    .max(16)
    .default([])
    .describe('Rows whose label has one of these values are left out, for example Joined.'),
  entityKey: ColumnName.optional().describe(
    'The column that identifies the customer. Never a feature. Immutable once set.',
  ),
  excludeColumns: z.array(ColumnName).max(512).default([]).describe('Columns that are not used as features.'),
});

/** What the trainer inferred, overridden by the user. */
export const FeatureOverride = z.strictObject({
  name: ColumnName.describe('Name of the column.'),
  type: z
    .enum(['Numeric', 'Categorical', 'Boolean', 'Date'])
    .optional()
    .describe('How the column is read. Default: inferred from the data.'),
  missingPolicy: z
    .enum(['Allow', 'Reject'])
    .default('Allow')
    .describe('Whether a prediction may leave this value out. Reject: it is refused then.'),
  sensitivity: z
    .enum(['Normal', 'Protected'])
    .optional()
    .describe(
      'Default: Normal. Protected: the report judges the model for each value of this column by itself, also if it is no feature.',
    ),
  monotonic: z
    .enum(['None', 'Increasing', 'Decreasing'])
    .optional()
    .describe(
      'Whether the probability may only rise, or only fall, with the value. Not for categories. Default: None.',
    ),
});
export type FeatureOverride = z.infer<typeof FeatureOverride>;

/** Metrics that a gate can judge, on the held-out rows. */
export const GateMetric = z.enum(['RocAUC', 'PrAUC', 'LogLoss', 'Brier', 'CalibrationZ', 'F1', 'Precision', 'Recall']);
export type GateMetric = z.infer<typeof GateMetric>;

export const Gate = z.strictObject({
  metric: GateMetric.describe('What is measured, on rows that were held out of training.'),
  minValue: Decimal.optional().describe('The model is refused below this value.'),
  maxValue: Decimal.optional().describe('The model is refused above this value (of CalibrationZ: the absolute value).'),
  minChange: Decimal.optional().describe(
    'The model is refused if its change against the current revision, on the same rows, is below this for sure: the upper end of the 95 % interval.',
  ),
  maxChange: Decimal.optional().describe(
    'The model is refused if its change against the current revision, on the same rows, is above this for sure: the lower end of the 95 % interval.',
  ),
});
export type Gate = z.infer<typeof Gate>;

/** A gate with the figures that it was judged by, decimals with 4 digits. */
export const GateVerdict = z.strictObject({
  ...Gate.shape,
  passed: z.boolean().describe('Whether the model may be served as far as this gate goes.'),
  value: Decimal.describe('The figure of the model.'),
  current: Decimal.optional().describe('The figure of the current revision, on the same rows.'),
  change: Decimal.optional().describe(
    'What the model adds to the figure of the current revision. Absent when there was none to compare with: bounds on the change are not judged then.',
  ),
  changeLow: Decimal.optional().describe('Lower end of the 95 % interval of the change.'),
  changeHigh: Decimal.optional().describe('Upper end of the 95 % interval of the change.'),
});
export type GateVerdict = z.infer<typeof GateVerdict>;

/** Gates that hold unless the user sets another bound for the same metric. */
export const defaultGates = [
  { metric: 'RocAUC', minValue: '0.60', minChange: '-0.01' },
  { metric: 'LogLoss', maxChange: '0.01' },
  { metric: 'CalibrationZ', maxValue: '4' },
] as const satisfies readonly Gate[];

/** The default gates with the user's bounds in place of theirs, and the user's other gates. */
export function mergedGates(gates: readonly Gate[]): Gate[] {
  const usual = defaultGates.map((gate) => ({ ...gate, ...gates.find(({ metric }) => metric === gate.metric) }));
  const named = new Set<GateMetric>(usual.map(({ metric }) => metric));
  return [...usual, ...gates.filter(({ metric }) => !named.has(metric))];
}

const Training = z.strictObject({
  image: z.string().max(512).default('').describe("The trainer's image. Default: that of the operator's release."),
  serviceAccountName: ServiceAccountName.describe(
    'ServiceAccount of the training pods, for example one with a cloud identity; it is given the right to fill the artifact. Default: one for each revision, with no other right.',
  ),
  pod: TrainingPod.prefault({}).describe('Where training pods run, and their environment.'),
  resources: Resources.default({
    requests: { cpu: '500m', memory: '512Mi' },
    limits: { memory: '2Gi' },
  }).describe('Resources of the training pod.'),
  leakPolicy: LeakPolicy.default('Exclude').describe(
    'What is done with a column that alone tells who left (lower 95 % bound of its ROC AUC at least 0.95). Exclude: it is not used. Reject: the training fails. Keep: it is used. In each case the condition DataHealthy names the column.',
  ),
  parameters: z
    .array(FixedParameter)
    .max(16)
    .default([])
    .describe('Parameters of XGBoost that are not searched but have the given value.')
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }),
  search: Search.prefault({}).describe('How long good parameters are searched for.'),
  calibration: CalibrationPolicy,
  seed: z.int32().min(0).default(42).describe('Seed of everything random in training. Another value trains again.'),
  backoffLimit: z
    .int32()
    .min(0)
    .max(10)
    .default(2)
    .describe('How often a training pod that died is started again, before the run counts as failed.'),
  activeDeadlineSeconds: z
    .int32()
    .min(30)
    .max(604800)
    .default(3600)
    .describe('How long a training run may take, in seconds, waiting for a node included.'),
  ttlSecondsAfterFinished: z
    .int32()
    .min(0)
    .max(2592000)
    .default(86400)
    .describe('How long a finished Job and its log are kept, in seconds.'),
  gates: z
    .array(Gate)
    .max(16)
    .default([])
    .describe(
      'What a model must reach to be served. Each bound replaces the default one of the same metric: RocAUC minValue 0.60 and minChange -0.01, LogLoss maxChange 0.01, CalibrationZ maxValue 4.',
    )
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['metric'] }),
});

const Artifacts = z.strictObject({
  s3: z
    .strictObject({
      bucket: z
        .string()
        .min(3)
        .max(63)
        .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/)
        .describe('The bucket. It must exist.'),
      prefix: z
        .string()
        .max(512)
        .regex(/^([A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*)*)?$/)
        .default('')
        .describe('Folder in the bucket, for example models/churn. Files are below PREFIX/NAMESPACE/.'),
      ...s3Service,
      secretRef: LocalReference.optional().describe(
        'Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN if there is one. They must be allowed to put, get, list and delete objects. Without it the identity of the pods is used.',
      ),
      caBundleRef: CaBundleReference.optional().describe('Certificates of CAs to trust beside the public ones.'),
    })
    .optional()
    .describe('An S3 bucket. Without it artifacts are kept in ConfigMaps, of 900 KiB at most.'),
});

const ModelAlias = z
  .string()
  .max(100)
  .regex(/^[A-Za-z][-_A-Za-z0-9]*$/);

const Registry = z.strictObject({
  mlflow: z
    .strictObject({
      url: z
        .string()
        .max(2048)
        .regex(/^https?:\/\/[-.:[\]A-Za-z0-9]+(\/[-._~%A-Za-z0-9]+)*\/?$/)
        .describe('URL of the tracking server, without credentials, for example http://mlflow.mlops.svc:5000.'),
      secretRef: LocalReference.optional().describe(
        'Secret with MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or with MLFLOW_TRACKING_TOKEN.',
      ),
      caBundleRef: CaBundleReference.optional().describe(
        'Certificates that the server is checked against, beside the public ones.',
      ),
      registeredModelName: z
        .string()
        .max(250)
        .regex(/^([A-Za-z0-9][-_. A-Za-z0-9]*)?$/)
        .default('')
        .describe('Name of the registered model, and of the experiment with the runs. Default: NAMESPACE.NAME.'),
      championAlias: ModelAlias.default('champion').describe(
        'The alias of the version that serves. It moves on promotion, and back on a rollback.',
      ),
      challengerAlias: ModelAlias.default('challenger').describe(
        'The alias of the version that is rolled out; nothing has it at other times.',
      ),
    })
    .optional()
    .describe('An MLflow server, 2.3 or newer. Nothing waits for it, and nothing fails because it is away.'),
});

const RateLimit = z.strictObject({
  requestsPerSecond: z.int32().min(1).max(100000).describe('How many a second in the long run.'),
  burst: z
    .int32()
    .min(1)
    .max(1000000)
    .optional()
    .describe('How many at once, after a time without requests. Default: as many as in two seconds.'),
});

const Serving = z.strictObject({
  image: z.string().max(512).default('').describe("The server's image. Default: that of the operator's release."),
  serviceAccountName: ServiceAccountName.describe(
    'ServiceAccount of the serving pods; no token is mounted. Default: NAME-serving.',
  ),
  pod: ServingPod.prefault({}).describe('Where serving pods run, and their labels and annotations.'),
  service: z
    .strictObject({
      type: z
        .enum(['ClusterIP', 'NodePort', 'LoadBalancer'])
        .default('ClusterIP')
        .describe('How the Service is reached: ClusterIP only from inside the cluster.'),
      annotations: z
        .record(z.string(), z.string().max(4096))
        .default({})
        .describe('Annotations of the Service, for example of a load balancer.'),
    })
    .prefault({})
    .describe('The Service that answers requests. Changes apply at once, without a new revision.'),
  resources: Resources.default({
    requests: { cpu: '250m', memory: '192Mi' },
    limits: { memory: '512Mi' },
  }).describe('Resources of each serving pod.'),
  maxBatchSize: z
    .int32()
    .min(1)
    .max(10000)
    .default(100)
    .describe('Rows that one call of /predict/batch may have at most.'),
  requestTimeoutSeconds: z
    .int32()
    .min(1)
    .max(300)
    .default(30)
    .describe('How long a request may take, in seconds; then it is answered with 503.'),
  access: z
    .strictObject({
      authentication: z
        .enum(['ApiKey', 'None'])
        .default('ApiKey')
        .describe(
          'ApiKey: a key is generated into the Secret NAME-api-key. None: anyone who reaches the Service may ask.',
        ),
      rateLimit: RateLimit.optional().describe(
        'How many requests each serving pod takes of one API key, or of one address with authentication None. More are answered with 429. A batch is one request. Default: no limit.',
      ),
    })
    .default({ authentication: 'ApiKey' })
    .describe('Who may ask for predictions.'),
});

const Autoscaling = z.strictObject({
  policy: z
    .enum(['HorizontalPodAutoscaler', 'External', 'None'])
    .default('HorizontalPodAutoscaler')
    .describe(
      'Who decides how many pods serve. HorizontalPodAutoscaler: one is made, from minReplicas, maxReplicas, targetCpuUtilizationPercent or metrics, and behavior. External: an autoscaler of yours, for example KEDA, sets replicas through the scale subresource. None: you set replicas.',
    ),
  replicas: z
    .int32()
    .min(1)
    .max(1000)
    .default(2)
    .describe('Pods that serve, with External and None. kubectl scale sets it; HorizontalPodAutoscaler ignores it.'),
  minReplicas: z
    .int32()
    .min(1)
    .max(1000)
    .default(2)
    .describe('Pods that serve at least, with HorizontalPodAutoscaler.'),
  maxReplicas: z
    .int32()
    .min(1)
    .max(1000)
    .default(10)
    .describe('Pods that serve at most, with HorizontalPodAutoscaler.'),
  targetCpuUtilizationPercent: z
    .int32()
    .min(1)
    .max(1000)
    .default(70)
    .describe('CPU use that HorizontalPodAutoscaler aims at, in percent of what the pods request.'),
  metrics: z
    .array(AutoscalingMetric)
    .max(16)
    .default([])
    .describe('Metrics as in a HorizontalPodAutoscaler (autoscaling/v2), instead of the CPU target.'),
  behavior: AutoscalingBehavior.default({}).describe('How fast pods come and go, with HorizontalPodAutoscaler.'),
});

/** `spec` of a ChurnModel, after the API server filled in the defaults. */
export const ChurnModelSpec = z.strictObject({
  suspend: z
    .boolean()
    .default(false)
    .describe('While true no training is started and no revision takes over. What serves goes on, and can be scaled.'),
  revisionHistoryLimit: z
    .int32()
    .min(0)
    .max(100)
    .default(10)
    .describe(
      'How many revisions are kept that neither serve nor are on their way. Reports of deleted ones are in ConfigMap NAME-history.',
    ),
  data: DataSource.describe('The table to learn from.'),
  features: z
    .array(FeatureOverride)
    .max(512)
    .default([])
    .describe("How single columns are read, where the trainer's own guess is wrong.")
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }),
  training: Training.prefault({}).describe('How the model is trained and judged.'),
  decision: Decision.prefault({}).describe('From which probability a customer counts as leaving.'),
  artifacts: Artifacts.prefault({}).describe(
    'Where trained models are kept. A change trains again, and leaves what is there.',
  ),
  registry: Registry.prefault({}).describe(
    'Where trained models, and which of them serves, are told of. Changes apply at once, without a new revision.',
  ),
  serving: Serving.prefault({}).describe('How predictions are served.'),
  autoscaling: Autoscaling.prefault({}).describe('How many pods serve.'),
  rollout: Rollout.prefault({}).describe(
    'How a new revision takes over. Changes apply at once, without a new revision.',
  ),
});
export type ChurnModelSpec = z.infer<typeof ChurnModelSpec>;

const RevisionSummary = z.strictObject({
  revision: z.string().max(253).describe('Name of the ChurnModelRevision.'),
  artifactSha256: z.string().max(64).optional().describe('Hash of its artifact.'),
  percent: z
    .int32()
    .min(0)
    .max(100)
    .optional()
    .describe('Share of the rows that it answers, in percent, as acknowledged by the pods that split them.'),
  readyReplicas: z.int32().optional().describe('Its pods that can answer now.'),
  promotedTime: Time.optional().describe('When it became current.'),
});

/** `status` of a ChurnModel: written by the operator at one place, and rebuilt from the world at any time. */
export const ChurnModelStatus = z.strictObject({
  observedGeneration: z
    .int32()
    .describe('The metadata.generation that this status speaks of; -1 before the first look.'),
  stage: z
    .enum([
      'Pending',
      'Training',
      'Rejected',
      'Rollout',
      'Shadow',
      'Canary',
      'Full',
      'Baking',
      'Serving',
      'RolledBack',
      'Pinned',
      'Suspended',
    ])
    .optional()
    .describe('What is going on, for display only: programs read the conditions.'),
  url: z.string().max(512).optional().describe('Where predictions are served inside the cluster.'),
  lastRevisionNumber: z.int32().optional().describe('The highest revision number ever used.'),
  replicas: z.int32().optional().describe('Pods of the current revision.'),
  selector: z.string().max(512).optional().describe("Label selector of the current revision's pods."),
  current: RevisionSummary.optional().describe('The revision that the Service sends requests to.'),
  candidate: RevisionSummary.optional().describe('The revision that is being trained, started or rolled out.'),
  previous: z
    .strictObject({ revision: z.string().max(253).describe('Name of the ChurnModelRevision.') })
    .optional()
    .describe('The revision whose pods are kept to go back to, while the current one bakes.'),
  rollout: z
    .strictObject({
      stage: RolloutStage.describe('Where it is.'),
      step: z.int32().min(0).max(10).describe('The step of the canary, from 1; 0 before the first.'),
      startTime: Time.describe('When it began.'),
      message: z.string().max(4096).optional().describe('Why it waits or ended, in a sentence.'),
      checks: z.array(RolloutCheck).max(8).optional().describe('What each check has come to.'),
    })
    .optional()
    .describe('The rollout that is under way or ended last: a copy of what the revision records, for people.'),
  quality: z
    .strictObject({
      rocAuc: Decimal.optional().describe('ROC AUC on held-out rows.'),
      logLoss: Decimal.optional().describe('Log loss on held-out rows.'),
      threshold: Decimal.optional().describe('Probability from which a customer counts as leaving.'),
    })
    .optional()
    .describe('Quality of the current revision on held-out rows.'),
  training: z
    .strictObject({
      revision: z.string().max(253).describe('The revision that is or was trained last.'),
      job: z.string().max(253).optional().describe('Its Job.'),
      attempt: z.int32().optional().describe('Which run of this revision this is, from 1.'),
      step: z.string().max(64).optional().describe('What the trainer is doing.'),
      progressPercent: z.int32().optional().describe('How far the run is, in percent.'),
      startTime: Time.optional().describe('When the run was recorded, before its Job was made.'),
      completionTime: Time.optional().describe('When its result was recorded.'),
    })
    .optional()
    .describe('The newest training run.'),
  lastFailure: z
    .strictObject({
      component: z.enum(['Training', 'Serving', 'Operator']).describe('What failed.'),
      reason: z.string().max(64).describe('Why, in one word.'),
      message: z.string().max(4096).describe('Why, in a sentence that names the column, file or object.'),
      revision: z.string().max(253).optional().describe('The revision that failed.'),
      time: Time.describe('When it was seen.'),
    })
    .optional()
    .describe('The newest failure, kept until the next success of the same component.'),
  conditions: z
    .array(Condition)
    .max(16)
    .optional()
    .describe('What holds now.')
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] }),
});
export type ChurnModelStatus = z.infer<typeof ChurnModelStatus>;
