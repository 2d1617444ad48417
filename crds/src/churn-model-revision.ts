import { z } from 'zod';
import { GateVerdict } from './churn-model.js';
import { Condition } from './conditions.js';
import { RolloutStatus } from './rollout.js';
import { Decimal, Sha256, Time } from './scalars.js';

/** Where an artifact lives in the cluster. */
export const ArtifactReference = z.strictObject({
  configMap: z
    .string()
    .max(253)
    .describe(
      'ConfigMap in the same namespace with manifest.json, model.onnx, report.json and replay.json; with uri only of manifest.json, report.json and the model card.',
    ),
  sha256: Sha256.describe('SHA-256 of manifest.json, which holds that of model.onnx.'),
  uri: z
    .string()
    .max(2048)
    .optional()
    .describe('Folder of all its files where spec.artifacts.s3 keeps them: s3://BUCKET/FOLDER.'),
});
export type ArtifactReference = z.infer<typeof ArtifactReference>;

/** `spec` of a ChurnModelRevision: immutable and complete, so that the operator re-applies it and an upgrade restarts no pod. */
export const ChurnModelRevisionSpec = z.strictObject({
  model: z.string().max(63).describe('The ChurnModel that this is a revision of.'),
  number: z.int32().min(1).describe('Number of the revision, never used twice for a model.'),
  trigger: z.enum(['Created', 'SpecChanged', 'Refreshed']).describe('Why this revision was made.'),
  refresh: z
    .string()
    .max(256)
    .optional()
    .describe(
      'Value of the annotation churnops.dev/refresh of the model that this revision was made for; of a value longer than 256 characters, sha256: and its hash.',
    ),
  inputHash: Sha256.describe('Hash of everything that training depends on.'),
  servingHash: Sha256.describe('Hash of everything that the serving pods depend on, except the artifact.'),
  training: z.string().max(262144).describe('What the training Job is told, as JSON (TrainingInput).'),
  jobTemplate: z.string().max(262144).describe('The rendered spec of the training Job, as JSON.'),
  podTemplate: z.string().max(262144).describe('The rendered template of the serving pods, as JSON.'),
  reuseArtifactOf: z
    .string()
    .max(253)
    .optional()
    .describe('The revision whose artifact this one serves: its inputs are the same, so nothing is trained.'),
});
export type ChurnModelRevisionSpec = z.infer<typeof ChurnModelRevisionSpec>;

export const ChurnModelRevisionStatus = z.strictObject({
  observedGeneration: z.int32().describe('The metadata.generation that this status speaks of.'),
  stage: z
    .enum([
      'Pending',
      'Training',
      'Rejected',
      'Trained',
      'Shadow',
      'Canary',
      'Full',
      'Baking',
      'Serving',
      'RolledBack',
      'Retired',
    ])
    .optional()
    .describe('For display only: programs read the conditions.'),
  artifact: ArtifactReference.optional().describe('What the pods must serve; recorded once when training is done.'),
  promotedTime: Time.optional().describe('When the Service selector first moved to this revision.'),
  retiredTime: Time.optional().describe('When the Service selector moved on to a newer revision.'),
  training: z
    .strictObject({
      attempt: z.int32().min(1).describe('Which run this is, from 1.'),
      job: z.string().max(253).describe('The Job of this run.'),
      startTime: Time.optional().describe('When the run was recorded, before its Job was made.'),
      completionTime: Time.optional().describe('When its result was recorded.'),
      reason: z.string().max(64).optional().describe('Why it failed, in one word.'),
      message: z.string().max(4096).optional().describe('Why it failed, in a sentence.'),
    })
    .optional()
    .describe('The newest training run.'),
  rollout: RolloutStatus.optional().describe('How it took over, or did not.'),
  metrics: z.record(z.string().max(64), Decimal).optional().describe('Figures on held-out rows, by metric.'),
  intervals: z
    .record(
      z.string().max(64),
      z.strictObject({ low: Decimal.describe('Lower end.'), high: Decimal.describe('Upper end.') }),
    )
    .optional()
    .describe('The 95 % intervals of the figures.'),
  gates: z.array(GateVerdict).max(16).optional().describe('The gates, each with the figures that it was judged by.'),
  threshold: Decimal.optional().describe('Probability from which a customer counts as leaving.'),
  modelCard: z
    .string()
    .max(253)
    .optional()
    .describe(
      'ConfigMap with the model card for people, also of a model that a gate refused: key model-card.md (Markdown), plots in the keys model-card-*.svg.',
    ),
  conditions: z
    .array(Condition)
    .max(16)
    .optional()
    .describe('What holds now.')
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] }),
});
export type ChurnModelRevisionStatus = z.infer<typeof ChurnModelRevisionStatus>;
