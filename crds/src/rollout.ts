import { z } from 'zod';
import { Decimal, Time } from './scalars.js';

/** A share between 0 and 1, both excluded: `0.001`. */
const OpenShare = z
  .string()
  .max(20)
  .regex(/^0\.[0-9]*[1-9][0-9]*$/);

/** A share from 0 to below 1: `0`, `0.001`. */
const Share = z
  .string()
  .max(20)
  .regex(/^0(\.[0-9]+)?$/);

const Step = z.strictObject({
  percent: z.int32().min(1).max(99).describe('Share of the customers whose rows go to the candidate, in percent.'),
  minSeconds: z.int32().min(1).max(86_400).default(60).describe('How long the step lasts at least.'),
  maxSeconds: z
    .int32()
    .min(1)
    .max(2_592_000)
    .optional()
    .describe(
      'After this time an earlier step ends without proof when nothing speaks against the candidate, and the last one is inconclusive. Default: 600, of the last step 1800.',
    ),
  approval: z
    .enum(['NotRequired', 'Required'])
    .default('NotRequired')
    .describe(
      'Required: the step begins when somebody has set the annotation churnops.dev/verdict=approve-STEP on the revision, with the number of the step from 1.',
    ),
});

const defaultSteps = [{ percent: 5 }, { percent: 25 }, { percent: 50 }];

const Analysis = z.strictObject({
  intervalSeconds: z.int32().min(1).max(3_600).default(10).describe('How often the counters of the pods are read.'),
  errorProbability: OpenShare.default('0.01').describe(
    'The chance to roll back an equally good revision, over the whole rollout and all checks.',
  ),
  failures: z
    .strictObject({
      failMargin: Share.default('0.001').describe(
        'Fails more often than the control group by more than this: rolled back.',
      ),
      passMargin: OpenShare.default('0.005').describe('Proven to fail more often by less than this: passed.'),
      maxShare: OpenShare.default('0.10').describe(
        'The largest share of failures that is allowed whatever the control group does.',
      ),
    })
    .prefault({})
    .describe('Rows that the candidate did not answer well, against those of the control group.'),
  latency: z
    .strictObject({
      thresholdMilliseconds: z
        .int32()
        .min(1)
        .max(60_000)
        .default(100)
        .describe('A row that takes longer is slow. No row waits longer for the candidate.'),
      failMargin: Share.default('0.01').describe('Slow more often by more than this: rolled back.'),
      passMargin: OpenShare.default('0.02').describe('Proven to be slow more often by less than this: passed.'),
    })
    .prefault({})
    .describe('Slow or failed rows of the candidate, against those of the control group.'),
  scoreShift: z
    .strictObject({
      maxTotalVariation: OpenShare.default('0.5').describe(
        'The largest distance of the scores of both groups: 0 when they are alike, 1 when they have nothing in common.',
      ),
    })
    .prefault({})
    .describe('Whether the candidate scores customers quite differently. It can only fail.'),
  decisionFlips: z
    .strictObject({
      maxPercent: z
        .int32()
        .min(1)
        .max(99)
        .default(25)
        .describe('The largest share of rows with another decision, in percent.'),
    })
    .prefault({})
    .describe('Whether the candidate decides otherwise about too many customers. It can only fail.'),
  noDataPolicy: z
    .enum(['Hold', 'RollBack'])
    .default('Hold')
    .describe('What happens after ten minutes without a row for the candidate.'),
  inconclusivePolicy: z
    .enum(['Hold', 'Promote', 'RollBack'])
    .default('Hold')
    .describe('What happens when the last step has proven nothing in its time.'),
});

/** `spec.rollout` of a ChurnModel: how a new revision takes over. It applies at once and makes no new revision. */
export const Rollout = z.strictObject({
  strategy: z
    .enum(['Canary', 'Immediate'])
    .default('Canary')
    .describe(
      'Canary: a new revision gets a growing share of the rows, answers are shielded, and it is rolled back when it is worse. Immediate: it takes over when all its pods are ready.',
    ),
  pinnedRevision: z
    .string()
    .max(253)
    .regex(/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$/)
    .default('')
    .describe(
      'The kept revision that shall serve, at once and for as long as it is named here. Nothing new is trained or moved to.',
    ),
  shadowSamples: z
    .int32()
    .min(0)
    .max(1_000_000)
    .default(200)
    .describe('Rows that the candidate gets as copies before it answers any; 0: none.'),
  replay: z
    .enum(['Auto', 'Never'])
    .default('Auto')
    .describe(
      'Auto: where requests are too few for a verdict, held-out rows of the artifact are sent to both groups as well.',
    ),
  steps: z
    .array(Step)
    .min(1)
    .max(10)
    .default(defaultSteps.map((step) => Step.parse(step)))
    .describe('The shares that the candidate gets, one after the other, ascending.'),
  analysis: Analysis.prefault({}).describe('When a step is passed and when the candidate is rolled back.'),
  rollback: z
    .strictObject({
      bakeSeconds: z
        .int32()
        .min(0)
        .max(604_800)
        .default(3_600)
        .describe('How long the pods of the revision before are kept after a new one has taken over, to go back to.'),
    })
    .prefault({})
    .describe('How the way back is kept open.'),
  progressDeadlineSeconds: z
    .int32()
    .min(30)
    .max(86_400)
    .default(600)
    .describe('How long pods of a candidate may take to be ready.'),
});
export type Rollout = z.infer<typeof Rollout>;

/** Where a rollout is. Each stage but the last two is left by a recorded decision only. */
export const RolloutStage = z.enum(['Shadow', 'Canary', 'Full', 'Baking', 'Complete', 'RolledBack']);
export type RolloutStage = z.infer<typeof RolloutStage>;

/** One check of a rollout as it stands, for people. */
export const RolloutCheck = z.strictObject({
  name: z.enum(['failures', 'latency', 'score-shift', 'decision-flips']).describe('What is compared.'),
  verdict: z.enum(['Pass', 'Fail', 'Continue', 'NoData']).describe('What it has come to.'),
  candidate: Decimal.describe('Share or distance of the candidate.'),
  control: Decimal.optional().describe('Share of the control group.'),
  samples: z.int().min(0).describe('Rows of the candidate.'),
  message: z.string().max(1024).describe('The verdict in a sentence with its numbers.'),
});
export type RolloutCheck = z.infer<typeof RolloutCheck>;

/** `status.rollout` of a ChurnModelRevision: every decision about it is written here before it takes effect. */
export const RolloutStatus = z.strictObject({
  sequence: z
    .int()
    .min(1)
    .describe('Number of the newest decision, over all rollouts of the model: routers ignore an older one.'),
  attempt: z.int32().min(1).describe('Which rollout of this revision this is, from 1.'),
  stage: RolloutStage.describe('Where it is.'),
  step: z.int32().min(0).max(10).describe('The step of the canary, from 1; 0 before the first.'),
  percent: z.int32().min(0).max(100).describe('The share that it is to get, in percent.'),
  sizePercent: z
    .int32()
    .min(0)
    .max(100)
    .describe('The share that its pods are made for, in percent: they are there before a larger share is given.'),
  acknowledgedPercent: z
    .int32()
    .min(0)
    .max(100)
    .optional()
    .describe('The largest share that any router was acting on when they were read last, in percent.'),
  previousRevision: z.string().max(253).optional().describe('What served before, and serves again after a rollback.'),
  startTime: Time.describe('When this rollout began.'),
  stepStartTime: Time.describe('When its stage or step began.'),
  lastSampleTime: Time.optional().describe('When a read of the counters last brought rows of the candidate.'),
  unreadySince: Time.optional().describe('Since when fewer of its pods are ready than sizePercent asks for.'),
  unreachableSince: Time.optional().describe('Since when no router could reach any of its pods.'),
  suspendedTime: Time.optional().describe('Since when it stands still because spec.suspend of the model is true.'),
  endTime: Time.optional().describe('When it was complete or rolled back.'),
  reason: z.string().max(64).optional().describe('Why it waits or ended, in one word.'),
  message: z.string().max(4096).optional().describe('Why, in a sentence.'),
  checks: z.array(RolloutCheck).max(8).optional().describe('What each check has come to.'),
  evidence: z.string().max(65_536).optional().describe('State of the tests, for the operator alone.'),
  contractChanges: z
    .array(z.string().max(512))
    .max(32)
    .optional()
    .describe(
      'What requests that the revision before answers would be refused for: it waits for the verdict approve-1.',
    ),
  fewerRows: z
    .string()
    .max(512)
    .optional()
    .describe(
      'From how many rows it was made, if that is less than half of those of the revision before: it waits for the verdict approve-1.',
    ),
  replaying: z
    .boolean()
    .optional()
    .describe('Whether rows of users are so few in this step that held-out rows are sent to both groups as well.'),
  provenBy: z
    .enum(['Live', 'Replay'])
    .optional()
    .describe('What the checks passed on: rows of users alone, or held-out rows as well.'),
  verdicts: z
    .array(
      z.strictObject({
        verdict: z.string().max(64).describe('What was asked for: approve-STEP, reject or retry-N.'),
        attempt: z
          .int32()
          .min(1)
          .describe('Which rollout of the revision was the newest then: an approval is good for that one.'),
        time: Time.describe('When it was seen.'),
        manager: z.string().max(128).optional().describe('Field manager that set the annotation.'),
      }),
    )
    .max(16)
    .optional()
    .describe('What people decided, by the annotation churnops.dev/verdict.'),
  heard: z
    .string()
    .max(64)
    .optional()
    .describe('What the annotation churnops.dev/verdict said when it was read last: only a change of it is news.'),
});
export type RolloutStatus = z.infer<typeof RolloutStatus>;
