import { z } from 'zod';
import { Condition } from './conditions.js';
import { ServingPod, TrainingPod, Verbatim, verbatimList } from './pod-settings.js';
import { ColumnName, Decimal, ObjectName, Resources, Time } from './scalars.js';

const LocalReference = z.strictObject({
  name: ObjectName.describe('Name of the object, in the namespace of the model.'),
});

/** The name of a ServiceAccount in the namespace of the model; empty: one that the operator makes. */
const ServiceAccountName = z
  .string()
  .max(253)
  .regex(/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$/)
  .default('');

const DataSource = z.strictObject({
  uri: z
    .string()
    .min(1)
    .max(2048)
    .regex(/^(s3:\/\/[^/]+\/.+|file:\/\/\/.+)$/)
    .describe('The table: s3://BUCKET/KEY, or file:///PATH inside the volume.'),
  format: z
    .enum(['Auto', 'Csv', 'Parquet', 'JsonLines'])
    .default('Auto')
    .describe('Format of the table. Auto goes by the ending of the uri: .csv, .parquet, .jsonl, .ndjson.'),
  secretRef: LocalReference.optional().describe(
    'Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN if there is one. Without it the identity of the training pod is used.',
  ),
  s3: z
    .strictObject({
      endpoint: z
        .string()
        .max(2048)
        .regex(/^(https?:\/\/.+)?$/)
        .default('')
        .describe('URL of an S3 service other than AWS.'),
      region: z.string().max(63).default('').describe('Region of the bucket. Default: us-east-1.'),
      forcePathStyle: z.boolean().default(true).describe('Address buckets by path, not by host name.'),
    })
    .optional()
    .describe('How to reach the S3 service.'),
  volume: z
    .strictObject({
      persistentVolumeClaimName: ObjectName.describe('The claim that holds the table; mounted read-only.'),
    })
    .optional()
    .describe('Where file:// looks.'),
  label: ColumnName.describe('The column that says whether the customer left.'),
  positiveLabel: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe('The value of the label that means: left. Default: the truthy one of two values (1, true, yes).'),
  excludeLabels: z
    .array(z.string().max(256))
    .max(16)
    .default([])
    .describe('Rows with these values of the label are left out, as "Joined".'),
  entityKey: ColumnName.optional().describe('The column that names the customer. Never a feature. Immutable once set.'),
  excludeColumns: z.array(ColumnName).max(512).default([]).describe('Columns that must not be features.'),
});

/** What the trainer inferred, overridden by the user. */
export const FeatureOverride = z.strictObject({
  name: ColumnName.describe('The column.'),
  type: z
    .enum(['Numeric', 'Categorical', 'Boolean', 'Date'])
    .optional()
    .describe('How the column is read. Default: inferred from the data.'),
  missingPolicy: z
    .enum(['Allow', 'Reject'])
    .default('Allow')
    .describe('Reject: a prediction without this value is refused.'),
});
export type FeatureOverride = z.infer<typeof FeatureOverride>;

/** Metrics that a gate can judge, on the held-out rows. */
export const GateMetric = z.enum(['RocAUC', 'PrAUC', 'LogLoss', 'Brier', 'CalibrationZ', 'F1', 'Precision', 'Recall']);
export type GateMetric = z.infer<typeof GateMetric>;

export const Gate = z.strictObject({
  metric: GateMetric.describe('The metric, on held-out rows.'),
  minValue: Decimal.optional().describe('The model is refused below this value.'),
  maxValue: Decimal.optional().describe('The model is refused above this value (of CalibrationZ: the absolute value).'),
});
export type Gate = z.infer<typeof Gate>;

/** Gates that hold unless the user names the same metric. */
export const defaultGates = [
  { metric: 'RocAUC', minValue: '0.60' },
  { metric: 'CalibrationZ', maxValue: '4' },
] as const satisfies readonly Gate[];

const Training = z.strictObject({
  image: z.string().max(512).default('').describe("The trainer's image. Default: that of the operator's release."),
  serviceAccountName: ServiceAccountName.describe(
    'ServiceAccount of the training pods, for example with a cloud identity. Default: one of its own for each run. It is given the right to fill the artifact.',
  ),
  pod: TrainingPod.prefault({}).describe('Scheduling and environment of the training pods.'),
  resources: Resources.default({
    requests: { cpu: '500m', memory: '512Mi' },
    limits: { memory: '2Gi' },
  }).describe('Resources of the training pod.'),
  seed: z.int32().min(0).default(42).describe('Seed of everything random in training.'),
  backoffLimit: z.int32().min(0).max(10).default(2).describe('How often a training pod that died is replaced.'),
  activeDeadlineSeconds: z
    .int32()
    .min(30)
    .max(604800)
    .default(3600)
    .describe('How long training may take, in seconds.'),
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
      'What a model must reach to be served; merged by metric over the defaults (RocAUC >= 0.60, CalibrationZ <= 4).',
    )
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['metric'] }),
});

const Decision = z.strictObject({
  thresholdPolicy: z
    .enum(['MaximumF1', 'Fixed'])
    .default('MaximumF1')
    .describe('How the probability from which a customer counts as leaving is chosen.'),
  fixedThreshold: Decimal.optional().describe('The threshold with Fixed: above 0 and below 1.'),
});

const Serving = z.strictObject({
  image: z.string().max(512).default('').describe("The server's image. Default: that of the operator's release."),
  serviceAccountName: ServiceAccountName.describe(
    'ServiceAccount of the serving pods. Default: NAME-serving. No token is mounted.',
  ),
  pod: ServingPod.prefault({}).describe('Scheduling, labels and annotations of the serving pods.'),
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
  maxBatchSize: z.int32().min(1).max(10000).default(100).describe('Rows that /predict/batch takes at most.'),
  requestTimeoutSeconds: z.int32().min(1).max(300).default(30).describe('How long a request may take, in seconds.'),
  access: z
    .strictObject({
      authentication: z
        .enum(['ApiKey', 'None'])
        .default('ApiKey')
        .describe(
          'ApiKey: a key is generated into the Secret NAME-api-key. None: anyone who reaches the Service may ask.',
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
      'Who decides how many pods serve. HorizontalPodAutoscaler: one is made from the fields below. External: an autoscaler of yours, as KEDA, sets replicas through the scale subresource. None: you set replicas.',
    ),
  replicas: z
    .int32()
    .min(1)
    .max(1000)
    .default(2)
    .describe('Pods that serve, with External and None; what kubectl scale sets.'),
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
    .describe('CPU use that is aimed at, in percent of what the pods request.'),
  metrics: verbatimList(16)
    .default([])
    .describe('Metrics as in a HorizontalPodAutoscaler (autoscaling/v2), instead of the CPU target.'),
  behavior: Verbatim.default({}).describe('Behavior as in a HorizontalPodAutoscaler (autoscaling/v2).'),
});

/** `spec` of a ChurnModel, after the API server filled in the defaults. */
export const ChurnModelSpec = z.strictObject({
  suspend: z
    .boolean()
    .default(false)
    .describe('Start no training and move to no revision while true. What serves goes on, and can be scaled.'),
  revisionHistoryLimit: z
    .int32()
    .min(0)
    .max(100)
    .default(10)
    .describe(
      'Revisions to keep that are neither current nor on their way; reports of older ones are in NAME-history.',
    ),
  data: DataSource.describe('The table to learn from.'),
  features: z
    .array(FeatureOverride)
    .max(512)
    .default([])
    .describe('Overrides of what the trainer infers, by column.')
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }),
  training: Training.prefault({}).describe('How the model is trained and judged.'),
  decision: Decision.prefault({}).describe('From which probability a customer counts as leaving.'),
  serving: Serving.prefault({}).describe('How predictions are served.'),
  autoscaling: Autoscaling.prefault({}).describe('How many pods serve.'),
});
export type ChurnModelSpec = z.infer<typeof ChurnModelSpec>;

const RevisionSummary = z.strictObject({
  revision: z.string().max(253).describe('Name of the ChurnModelRevision.'),
  artifactSha256: z.string().max(64).optional().describe('Hash of its artifact.'),
  readyReplicas: z.int32().optional().describe('Its pods that can answer now.'),
  promotedTime: Time.optional().describe('When it became current.'),
});

/** `status` of a ChurnModel: written by the operator at one place, and rebuilt from the world at any time. */
export const ChurnModelStatus = z.strictObject({
  observedGeneration: z
    .int32()
    .describe('The metadata.generation that this status speaks of; -1 before the first look.'),
  stage: z
    .enum(['Pending', 'Training', 'Rejected', 'Rollout', 'Serving', 'Suspended'])
    .optional()
    .describe('For display only: programs read the conditions.'),
  url: z.string().max(512).optional().describe('Where predictions are served inside the cluster.'),
  lastRevisionNumber: z.int32().optional().describe('The highest revision number ever used.'),
  replicas: z.int32().optional().describe('Pods of the current revision.'),
  selector: z.string().max(512).optional().describe("Label selector of the current revision's pods."),
  current: RevisionSummary.optional().describe('The revision that the Service sends requests to.'),
  candidate: RevisionSummary.optional().describe('The revision that is being trained or started.'),
  quality: z
    .strictObject({
      rocAuc: Decimal.optional().describe('ROC AUC on held-out rows.'),
      logLoss: Decimal.optional().describe('Log loss on held-out rows.'),
      threshold: Decimal.optional().describe('Probability from which a customer counts as leaving.'),
    })
    .optional()
    .describe('Quality of the current revision.'),
  training: z
    .strictObject({
      revision: z.string().max(253).describe('The revision that is or was trained last.'),
      job: z.string().max(253).optional().describe('Its Job.'),
      attempt: z.int32().optional().describe('Which run of this revision this is, from 1.'),
      step: z.string().max(64).optional().describe('What the trainer is doing.'),
      progressPercent: z.int32().optional().describe('How far it is.'),
      startTime: Time.optional().describe('When the Job was made.'),
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
