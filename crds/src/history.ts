import { z } from 'zod';
import { ChurnModelRevisionSpec } from './churn-model-revision.js';
import { Decimal, Sha256, Time } from './scalars.js';

/** The key of ConfigMap `<model>-history` that holds the reports of deleted revisions: one JSON object (`HistoryEntry`) a line. */
export const HISTORY_KEY = 'history.jsonl';

/** How long the history may get, in bytes: a ConfigMap holds 1 MiB at most. */
export const MAX_HISTORY_BYTES = 900_000;

/** What the first entry names as its predecessor. */
export const HISTORY_START = '0'.repeat(64);

/** Numbers of revisions in ascending order, as `1-4,7`; empty for none. */
export const NumberRanges = z.string().regex(/^([1-9][0-9]*(-[1-9][0-9]*)?(,[1-9][0-9]*(-[1-9][0-9]*)?)*)?$/);

/**
 * The links of the chain. An entry names the hash of the entry before it in `previous`. An entry that was made of others, to
 * save room, names in `carries` the hash that the last of them had: that is what the next entry names then.
 */
const links = {
  previous: Sha256,
  carries: Sha256.optional(),
  /** SHA-256 over the JSON of all other fields, with sorted keys. */
  sha256: Sha256,
};

/** What is kept of a revision's last rollout: how it was judged and ended, and who decided about it. */
export const RolloutReport = z.looseObject({
  attempt: z.int32(),
  stage: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
  provenBy: z.string().optional(),
  previousRevision: z.string().optional(),
  startTime: Time,
  endTime: Time.optional(),
  verdicts: z.array(z.looseObject({ verdict: z.string(), time: Time, manager: z.string().optional() })).optional(),
  /** What each check had come to, with the numbers that it rests on: see `RolloutCheck`. */
  checks: z
    .array(
      z.looseObject({
        name: z.string(),
        verdict: z.string(),
        candidate: Decimal,
        control: Decimal.optional(),
        samples: z.int(),
      }),
    )
    .optional(),
});
export type RolloutReport = z.infer<typeof RolloutReport>;

/** The whole report of a revision, as it was when it was deleted. */
const RevisionEntry = z.looseObject({
  kind: z.literal('Revision'),
  name: z.string(),
  number: z.int32().min(1),
  trigger: ChurnModelRevisionSpec.shape.trigger,
  refresh: z.string().optional(),
  inputHash: Sha256,
  servingHash: Sha256,
  reuseArtifactOf: z.string().optional(),
  artifact: z.looseObject({ configMap: z.string(), sha256: Sha256 }).optional(),
  metrics: z.record(z.string(), Decimal).optional(),
  threshold: Decimal.optional(),
  training: z
    .looseObject({
      attempt: z.int32(),
      job: z.string(),
      startTime: Time.optional(),
      completionTime: Time.optional(),
      reason: z.string().optional(),
      message: z.string().optional(),
    })
    .optional(),
  conditions: z.array(
    z.looseObject({
      type: z.string(),
      status: z.enum(['True', 'False', 'Unknown']),
      reason: z.string(),
      message: z.string(),
      lastTransitionTime: Time,
    }),
  ),
  rollout: RolloutReport.optional(),
  createdTime: Time,
  promotedTime: Time.optional(),
  retiredTime: Time.optional(),
  /** Whether it ever took over. */
  served: z.boolean(),
  /** When the report was written; the revision was deleted right after. */
  prunedTime: Time,
  ...links,
});

/** What is left of the report of a revision that served, when the history is full. */
const ShortenedEntry = z.looseObject({
  kind: z.literal('Shortened'),
  name: z.string(),
  number: z.int32().min(1),
  trigger: ChurnModelRevisionSpec.shape.trigger,
  artifactSha256: Sha256.optional(),
  rocAuc: Decimal.optional(),
  promotedTime: Time.optional(),
  retiredTime: Time.optional(),
  prunedTime: Time,
  ...links,
});

/** Stands for entries whose reports were dropped, when the history is full. */
const FoldedEntry = z.looseObject({
  kind: z.literal('Folded'),
  /** The revisions that served. */
  served: NumberRanges,
  /** The revisions that never did. */
  neverServed: NumberRanges,
  firstPrunedTime: Time,
  lastPrunedTime: Time,
  ...links,
});

/** One line of the history. Fields that a later release adds are kept, and count in the hash. */
export const HistoryEntry = z.discriminatedUnion('kind', [RevisionEntry, ShortenedEntry, FoldedEntry]);
export type HistoryEntry = z.infer<typeof HistoryEntry>;
