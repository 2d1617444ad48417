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

/** Condition types; `conditionMeanings` says what each means. */
export const conditionTypes = {
  ready: 'Ready',
  available: 'Available',
  reconciling: 'Reconciling',
  stalled: 'Stalled',
  trained: 'Trained',
  promoted: 'Promoted',
  dataHealthy: 'DataHealthy',
  registered: 'Registered',
} as const;
export type ConditionType = (typeof conditionTypes)[keyof typeof conditionTypes];

/** What each condition says, as the reference page prints it. */
export const conditionMeanings = {
  Ready: 'True: what this generation asks for is serving.',
  Available: 'True: requests can be answered now, by any good revision; never False merely because an update runs.',
  Reconciling: 'Present only while True: work is under way. Bad when it stays.',
  Stalled: 'Present only while True: no retry helps until the user acts. Bad.',
  Trained: 'True: the newest training run passed its gates.',
  Promoted: 'True: the newest revision became current.',
  DataHealthy: 'True: nothing was found in the table of the newest training run that a person should look at.',
  Registered: 'True: the registry of `spec.registry` has all that it is to have. Nothing else waits for it.',
} as const satisfies Record<ConditionType, string>;

/** Reasons of conditions; `reasonMeanings` says what each means. */
export const reasons = {
  reconciled: 'Reconciled',
  training: 'Training',
  rolloutInProgress: 'RolloutInProgress',
  rejected: 'Rejected',
  suspended: 'Suspended',
  secretNotFound: 'SecretNotFound',
  dataUnreachable: 'DataUnreachable',
  artifactStoreUnreachable: 'ArtifactStoreUnreachable',
  minimumReplicasAvailable: 'MinimumReplicasAvailable',
  noReadyReplicas: 'NoReadyReplicas',
  invalidSpec: 'InvalidSpec',
  nameConflict: 'NameConflict',
  dataInvalid: 'DataInvalid',
  gateFailed: 'GateFailed',
  trainingFailed: 'TrainingFailed',
  artifactTooLarge: 'ArtifactTooLarge',
  artifactMissing: 'ArtifactMissing',
  quotaExceeded: 'QuotaExceeded',
  gatesPassed: 'GatesPassed',
  jobFailed: 'JobFailed',
  deadlineExceeded: 'DeadlineExceeded',
  readyAtFullSize: 'ReadyAtFullSize',
  baking: 'Baking',
  rolledBack: 'RolledBack',
  takenOver: 'TakenOver',
  shadowing: 'Shadowing',
  canaryStep: 'CanaryStep',
  awaitingApproval: 'AwaitingApproval',
  awaitingSamples: 'AwaitingSamples',
  contractChanged: 'ContractChanged',
  analysisPassed: 'AnalysisPassed',
  passedOnReplay: 'PassedOnReplay',
  analysisFailed: 'AnalysisFailed',
  progressDeadlineExceeded: 'ProgressDeadlineExceeded',
  candidateUnreachable: 'CandidateUnreachable',
  noData: 'NoData',
  inconclusive: 'Inconclusive',
  pinned: 'Pinned',
  crashLooping: 'CrashLooping',
  notReady: 'NotReady',
  lateRollback: 'LateRollback',
  superseded: 'Superseded',
  noProblemFound: 'NoProblemFound',
  leakingColumn: 'LeakingColumn',
  suspectColumn: 'SuspectColumn',
  duplicateRows: 'DuplicateRows',
  tooFewRows: 'TooFewRows',
  upToDate: 'UpToDate',
  registering: 'Registering',
  registrationFailed: 'RegistrationFailed',
} as const;
export type Reason = (typeof reasons)[keyof typeof reasons];

/** The conditions that carry a reason, and what it means, as the reference page prints it. */
export const reasonMeanings = {
  Reconciled: { conditions: ['Ready'], meaning: 'What this generation asks for is serving.' },
  Training: { conditions: ['Ready', 'Reconciling', 'Promoted'], meaning: 'A training run is under way.' },
  RolloutInProgress: {
    conditions: ['Ready', 'Reconciling', 'Promoted'],
    meaning: 'A trained revision is being started or moved to.',
  },
  Rejected: {
    conditions: ['Ready', 'Promoted'],
    meaning:
      'The revision of this generation failed its gates or its training, or somebody rejected it; what served before goes on.',
  },
  Suspended: {
    conditions: ['Ready', 'Promoted'],
    meaning: '`spec.suspend` is true, so that nothing new is trained or moved to; what served before goes on.',
  },
  SecretNotFound: {
    conditions: ['Ready'],
    meaning:
      '`spec.data.secretRef` or `spec.artifacts.s3.secretRef` names a Secret that is not there or lacks a key. Retried with backoff.',
  },
  DataUnreachable: { conditions: ['Ready'], meaning: 'The data could not be fetched. Retried with backoff.' },
  ArtifactStoreUnreachable: {
    conditions: ['Ready'],
    meaning: 'The bucket of `spec.artifacts.s3` could not be reached or written to. Retried with backoff.',
  },
  MinimumReplicasAvailable: { conditions: ['Available'], meaning: 'Enough replicas answer.' },
  NoReadyReplicas: { conditions: ['Available'], meaning: 'No pod of a good revision is ready.' },
  InvalidSpec: {
    conditions: ['Ready', 'Stalled'],
    meaning:
      "The object does not fit the schema of this operator's release, or Kubernetes refuses as invalid what is made from it, for example the autoscaler; the message says what.",
  },
  NameConflict: { conditions: ['Ready', 'Stalled'], meaning: 'An object of another owner has the name of a child.' },
  DataInvalid: {
    conditions: ['Stalled'],
    meaning: "The table can't be trained on; the message names the column or file.",
  },
  GateFailed: { conditions: ['Stalled', 'Trained'], meaning: 'A gate failed.' },
  TrainingFailed: { conditions: ['Stalled'], meaning: 'Training failed in a way that no retry mends.' },
  ArtifactTooLarge: {
    conditions: ['Stalled'],
    meaning: 'The artifact does not fit a ConfigMap: `spec.artifacts.s3` keeps larger ones.',
  },
  ArtifactMissing: {
    conditions: ['Ready', 'Stalled', 'Promoted'],
    meaning: 'The artifact is gone or does not have the hash that was recorded.',
  },
  QuotaExceeded: {
    conditions: ['Ready', 'Stalled'],
    meaning:
      'A ResourceQuota of the namespace refuses pods or other objects; the message names it. It goes on by itself when the quota has room.',
  },
  GatesPassed: { conditions: ['Trained'], meaning: 'All gates passed.' },
  JobFailed: { conditions: ['Trained'], meaning: 'The Job failed.' },
  DeadlineExceeded: { conditions: ['Trained'], meaning: 'The Job took longer than `activeDeadlineSeconds`.' },
  ReadyAtFullSize: {
    conditions: ['Promoted'],
    meaning: 'The revision took over when it was ready at full size, without a canary.',
  },
  Baking: {
    conditions: ['Ready'],
    meaning:
      'What this generation asks for is serving; the pods of the revision before are kept for a while, to go back to.',
  },
  RolledBack: {
    conditions: ['Ready', 'Stalled'],
    meaning: 'The revision of this generation was rolled back; what served before serves again.',
  },
  TakenOver: {
    conditions: ['Available', 'Promoted'],
    meaning: 'A revision serves without a canary, because the one before had no ready pod.',
  },
  Shadowing: {
    conditions: ['Reconciling'],
    meaning: 'The candidate gets copies of rows; all answers are those of the current revision.',
  },
  CanaryStep: { conditions: ['Reconciling'], meaning: 'The candidate answers a share of the rows and is compared.' },
  AwaitingApproval: {
    conditions: ['Reconciling'],
    meaning: 'The next step needs the annotation `churnops.dev/verdict=approve-STEP` on the revision.',
  },
  AwaitingSamples: {
    conditions: ['Reconciling'],
    meaning: 'Too few rows have been compared for a verdict, or none come.',
  },
  ContractChanged: {
    conditions: ['Reconciling'],
    meaning:
      'The candidate needs a column, or refuses a value, that the current revision accepts without; it waits for approval.',
  },
  AnalysisPassed: { conditions: ['Promoted'], meaning: 'The revision took over after it had passed its checks.' },
  PassedOnReplay: {
    conditions: ['Promoted'],
    meaning:
      'The revision took over after it had passed its checks, on held-out rows as well since requests were too few.',
  },
  AnalysisFailed: { conditions: ['Promoted'], meaning: 'A check failed, and the revision was rolled back.' },
  ProgressDeadlineExceeded: {
    conditions: ['Promoted'],
    meaning: 'The pods of the revision were not ready within `progressDeadlineSeconds`, and it was rolled back.',
  },
  CandidateUnreachable: {
    conditions: ['Promoted'],
    meaning: 'No serving pod could reach a pod of the revision, and it was rolled back.',
  },
  NoData: {
    conditions: ['Promoted'],
    meaning: 'No row came for the revision, and it was rolled back as `noDataPolicy` asks for.',
  },
  Inconclusive: {
    conditions: ['Promoted'],
    meaning:
      'The last step proved nothing in its time, and the revision took over or was rolled back, as `inconclusivePolicy` asks for.',
  },
  Pinned: {
    conditions: ['Promoted'],
    meaning: '`spec.rollout.pinnedRevision` is set: nothing newer is trained or moved to.',
  },
  CrashLooping: {
    conditions: ['Promoted'],
    meaning: 'A pod of the revision ended again and again, or refused its artifact, and it was rolled back.',
  },
  NotReady: {
    conditions: ['Promoted'],
    meaning: 'No pod of the revision was ready any more after it had taken over, and the one before serves again.',
  },
  LateRollback: {
    conditions: ['Promoted'],
    meaning: 'The revision was rolled back after it had taken over, while the one before was kept to go back to.',
  },
  Superseded: {
    conditions: ['Promoted'],
    meaning: 'Another revision was wanted before there was a verdict on this one.',
  },
  NoProblemFound: { conditions: ['DataHealthy'], meaning: 'The table has no leak, few duplicates and enough rows.' },
  LeakingColumn: {
    conditions: ['DataHealthy'],
    meaning:
      'A column alone tells who left: the lower 95 % bound of its ROC AUC is at least 0.95. `spec.training.leakPolicy` says what is done with it.',
  },
  SuspectColumn: {
    conditions: ['DataHealthy'],
    meaning: 'A column has a ROC AUC of at least 0.95 alone, but on too few rows to be sure. It is used.',
  },
  DuplicateRows: { conditions: ['DataHealthy'], meaning: 'One row of a hundred or more repeats another one.' },
  TooFewRows: {
    conditions: ['DataHealthy'],
    meaning:
      'Fewer than 1,000 rows, or fewer than 100 of those who left or of those who stayed: figures vary by chance.',
  },
  UpToDate: { conditions: ['Registered'], meaning: 'MLflow has the runs, the versions and the aliases.' },
  Registering: { conditions: ['Registered'], meaning: 'A Job tells MLflow what is new.' },
  RegistrationFailed: {
    conditions: ['Registered'],
    meaning: 'MLflow could not be reached or refused; the message quotes it. Tried again every ten minutes.',
  },
} as const satisfies Record<Reason, { conditions: readonly ConditionType[]; meaning: string }>;
