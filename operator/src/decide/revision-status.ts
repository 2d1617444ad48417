import { conditionTypes, reasons } from '@churnops/crds';
import type { ArtifactReference, ChurnModelRevisionStatus, Condition } from '@churnops/crds';
import type { ModelFigures, Revision, World } from '../world.js';
import { pastTime } from './past-time.js';
import { promotionTime } from './promotion-time.js';
import { SUPERSEDED } from './revisions.js';
import { recordable } from './recordable.js';

type Run = NonNullable<ChurnModelRevisionStatus['training']>;

/** A condition without what the place where it is recorded adds. */
export type Verdict = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** Status of a revision whose training attempt starts now. What the attempt before failed with stays readable. */
export function withAttempt(
  revision: Revision,
  run: { attempt: number; job: string },
  now: Date,
): ChurnModelRevisionStatus {
  const { reason, message } = revision.status?.training ?? {};
  const kept = { ...(reason === undefined ? {} : { reason }), ...(message === undefined ? {} : { message }) };
  return {
    ...baseOf(revision),
    stage: 'Training',
    training: { ...run, ...kept, startTime: now.toISOString() },
  };
}

/** Status of a revision with a good artifact. */
export function withArtifact(
  revision: Revision,
  result: {
    artifact: ArtifactReference;
    figures: ModelFigures;
    threshold: string;
    message: string;
    /** What is known of the table. */
    data: readonly Verdict[];
  },
  now: Date,
): ChurnModelRevisionStatus {
  const { artifact, figures, threshold, message, data } = result;
  const passed: Verdict = { type: conditionTypes.trained, status: 'True', reason: reasons.gatesPassed, message };
  return {
    ...withConditions(revision, [passed, ...data], now),
    ...completedRun(revision, now),
    stage: 'Trained',
    artifact,
    ...figures,
    threshold,
  };
}

/** Status of a revision whose training attempt failed. */
export function withFailure(
  revision: Revision,
  failure: {
    trained: string;
    reason: string;
    message: string;
    figures?: ModelFigures;
    data?: readonly Verdict[];
  },
  now: Date,
): ChurnModelRevisionStatus {
  const { reason, figures, data = [] } = failure;
  // Bounds of the fields: a message comes from a container and may have any length.
  const message = recordable(failure.message);
  const verdict: Verdict = { type: conditionTypes.trained, status: 'False', reason: failure.trained, message };
  return {
    ...withConditions(revision, [verdict, ...data], now),
    ...completedRun(revision, now, { reason, message }),
    stage: 'Rejected',
    ...figures,
  };
}

/** Status of a revision that nobody wants any more before it served. */
export function asSuperseded(revision: Revision, by: string, now: Date): ChurnModelRevisionStatus {
  const message = `${by} is wanted instead.`;
  const run: Run = revision.status?.training ?? { attempt: 1, job: '' };
  return {
    ...baseOf(revision),
    stage: 'Retired',
    training: { ...run, completionTime: run.completionTime ?? now.toISOString(), reason: SUPERSEDED, message },
  };
}

/** Status of a revision with a good artifact that is not wanted any more: its artifact stays fit for use. */
export function asDropped(revision: Revision): ChurnModelRevisionStatus {
  return { ...baseOf(revision), stage: 'Retired' };
}

/** Status of a revision that becomes current without a canary: written ahead of the Service's move. */
export function asPromoted(revision: Revision, world: World): ChurnModelRevisionStatus {
  const verdict: Verdict = {
    type: conditionTypes.promoted,
    status: 'True',
    reason: reasons.readyAtFullSize,
    message: 'It took over when all its pods were ready.',
  };
  const { rollout, ...status } = withConditions(revision, [verdict], world.now);
  delete status.retiredTime;
  const endTime = world.now.toISOString();
  const { reason, message } = verdict;
  const ended =
    rollout === undefined ? {} : { rollout: { ...rollout, stage: 'Complete' as const, endTime, reason, message } };
  return { ...status, ...ended, stage: 'Serving', promotedTime: promotionTime(world) };
}

/** Status of a revision that the Service has moved away from. */
export function asRetired(revision: Revision, now: Date): ChurnModelRevisionStatus {
  const { rollout, ...status } = baseOf(revision);
  const time = now.toISOString();
  const ended = rollout?.stage === 'Baking' ? { ...rollout, stage: 'Complete' as const, endTime: time } : rollout;
  const stage = ended?.stage === 'RolledBack' ? 'RolledBack' : 'Retired';
  return { ...status, ...(ended === undefined ? {} : { rollout: ended }), stage, retiredTime: time };
}

/** Status of a retired revision that serves again, since the ones after it were deleted by hand. */
export function asReturned(revision: Revision): ChurnModelRevisionStatus {
  const status = baseOf(revision);
  delete status.retiredTime;
  return { ...status, stage: 'Serving' };
}

/** The longest message that a condition may have; that of a refused write may have any length. */
const MAX_MESSAGE = 32_768;

/** Conditions with `lastTransitionTime` kept where the status is the same. */
export function timed(
  verdicts: readonly Verdict[],
  previous: readonly Condition[],
  at: { generation: number; now: Date },
): Condition[] {
  return verdicts.map((verdict) => {
    const before = previous.find(({ type }) => type === verdict.type);
    const isKept = before?.status === verdict.status;
    const lastTransitionTime = isKept ? pastTime(before.lastTransitionTime, at.now) : at.now.toISOString();
    const message = verdict.message.slice(0, MAX_MESSAGE);
    return { ...verdict, message, observedGeneration: at.generation, lastTransitionTime };
  });
}

function baseOf(revision: Revision): ChurnModelRevisionStatus {
  return { ...revision.status, observedGeneration: revision.object.metadata.generation ?? 1 };
}

/** Status of a revision with these conditions in place of those of their types. */
export function withConditions(revision: Revision, verdicts: readonly Verdict[], now: Date): ChurnModelRevisionStatus {
  const base = baseOf(revision);
  const previous = base.conditions ?? [];
  const kept = previous.filter(({ type }) => verdicts.every((verdict) => verdict.type !== type));
  return { ...base, conditions: [...kept, ...timed(verdicts, previous, { generation: base.observedGeneration, now })] };
}

function completedRun(
  revision: Revision,
  now: Date,
  failure?: { reason: string; message: string },
): Pick<ChurnModelRevisionStatus, 'training'> {
  const run = revision.status?.training;
  if (run === undefined) return {};
  const { attempt, job, startTime } = run;
  const started = startTime === undefined ? {} : { startTime };
  return { training: { attempt, job, ...started, completionTime: now.toISOString(), ...failure } };
}
