import { z } from 'zod';
import { Time } from './scalars.js';

/** A condition as `metav1.Condition`: never without `observedGeneration`. */
export const Condition = z.strictObject({
  type: z.string().max(316).describe('Type of the condition, CamelCase.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether the condition holds.'),
  observedGeneration: z.int32().min(0).describe('The metadata.generation that this condition speaks of.'),
  lastTransitionTime: Time.describe('When status changed last.'),
  reason: z.string().min(1).max(1024).describe('Why, in one CamelCase word, for programs.'),
  message: z.string().max(32768).describe('Why, in a sentence, for people.'),
});
export type Condition = z.infer<typeof Condition>;

/** Condition types of a ChurnModel, with their polarity. */
export const conditionTypes = {
  /** True: what this generation asks for is serving. */
  ready: 'Ready',
  /** True: requests can be answered now, by any good revision; never False merely because an update runs. */
  available: 'Available',
  /** Present only while True: work is under way. Bad when it stays. */
  reconciling: 'Reconciling',
  /** Present only while True: no retry helps until the user acts. Bad. */
  stalled: 'Stalled',
  /** True: the newest training run passed its gates. */
  trained: 'Trained',
  /** True: the newest revision became current. */
  promoted: 'Promoted',
} as const;
export type ConditionType = (typeof conditionTypes)[keyof typeof conditionTypes];

/** Reasons of conditions. One line each: what it means, and who must act. */
export const reasons = {
  /** Ready: what this generation asks for is serving. */
  reconciled: 'Reconciled',
  /** Ready, Reconciling: a training run is under way. */
  training: 'Training',
  /** Ready, Reconciling: a trained revision is being started or moved to. */
  rolloutInProgress: 'RolloutInProgress',
  /** Ready: the revision of this generation failed its gates or its training; what served before goes on. */
  rejected: 'Rejected',
  /** Ready: `spec.data.secretRef` names a Secret that is not there or lacks a key. Retried with backoff. */
  secretNotFound: 'SecretNotFound',
  /** Ready: the data could not be fetched. Retried with backoff. */
  dataUnreachable: 'DataUnreachable',
  /** Available: enough replicas answer. */
  minimumReplicasAvailable: 'MinimumReplicasAvailable',
  /** Available: no pod of a good revision is ready. */
  noReadyReplicas: 'NoReadyReplicas',
  /** Stalled: the object does not fit the schema of this operator's release. */
  invalidSpec: 'InvalidSpec',
  /** Stalled: an object of another owner has the name of a child. */
  nameConflict: 'NameConflict',
  /** Stalled: the table can't be trained on; the message names the column or file. */
  dataInvalid: 'DataInvalid',
  /** Stalled, Trained: a gate failed. */
  gateFailed: 'GateFailed',
  /** Stalled: training failed in a way that no retry mends. */
  trainingFailed: 'TrainingFailed',
  /** Stalled: the artifact does not fit a ConfigMap. */
  artifactTooLarge: 'ArtifactTooLarge',
  /** Stalled: the artifact is gone or does not have the hash that was recorded. */
  artifactMissing: 'ArtifactMissing',
  /** Trained: all gates passed. */
  gatesPassed: 'GatesPassed',
  /** Trained: the Job failed. */
  jobFailed: 'JobFailed',
  /** Trained: the Job took longer than `activeDeadlineSeconds`. */
  deadlineExceeded: 'DeadlineExceeded',
  /** Promoted: the revision took over when it was ready at full size. */
  readyAtFullSize: 'ReadyAtFullSize',
} as const;
export type Reason = (typeof reasons)[keyof typeof reasons];
