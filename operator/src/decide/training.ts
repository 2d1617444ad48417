import { conditionTypes, reasons } from '@churnops/crds';
import type { ArtifactReference } from '@churnops/crds';
import { artifactFolder } from '../desired/artifact-store.js';
import { artifactConfigMap } from '../desired/artifact-config-map.js';
import { trainingAccess } from '../desired/training-access.js';
import { trainingJob } from '../desired/training-job.js';
import { newRevision } from '../desired/revision.js';
import { kinds } from '../kinds.js';
import type { ArtifactContent, Job, Revision, World } from '../world.js';
import type { Action, EventNote, LookAgain } from './action.js';
import { ageSeconds } from './age-seconds.js';
import { isArtifactThere } from './artifact-there.js';
import { dataHealth, leakEvents, refusedData } from './data-health.js';
import { artifactName, attemptOfJob, jobName } from './names.js';
import { withArtifact, withAttempt, withFailure } from './revision-status.js';
import {
  currentRevision,
  isRefreshed,
  nextRevisionNumber,
  reusableRevision,
  revisionNamed,
  trainingOf,
  wantedRevision,
} from './revisions.js';
import { failureOf } from './training-result.js';
import type { Failure } from './training-result.js';

const FIRST_RETRY_SECONDS = 30;
const LAST_RETRY_SECONDS = 600;
const SECRET_WAIT_SECONDS = { least: 5, most: 30 };

/** The revision that this generation asks for, and its training up to a recorded result. */
export function training(world: World): readonly Action[] {
  const wanted = wantedRevision(world);
  if (wanted === undefined) return [revisionCreation(world)];
  const state = trainingOf(wanted);
  if (state === 'Open') return openTraining(world, wanted);
  if (state === 'Retryable' && secondsToRetry(world, wanted) <= 0) return start(world, wanted, attemptOf(wanted) + 1);
  return [];
}

/** Jobs whose result is recorded get their time to live: not before, since a Job that is gone would be made again. */
export function jobExpiry(world: World): readonly Action[] {
  const patch = { spec: { ttlSecondsAfterFinished: world.model.spec.training.ttlSecondsAfterFinished } };
  return world.jobs
    .filter((job) => job.state !== 'Running' && !job.hasTtl && !job.terminating && isRecorded(world, job))
    .map(({ name, uid }) => ({ kind: 'Patch', resource: kinds.job, name, uid, patch }));
}

/** Whether a failed run of the revision is tried again right now. */
export function isRetriedNow(world: World, revision: Revision): boolean {
  const isRetryable = revision === wantedRevision(world) && trainingOf(revision) === 'Retryable';
  return isRetryable && secondsToRetry(world, revision) <= 0;
}

/** When to look again for a Secret, or to try a failed run again. */
export function nextAttempt(world: World): LookAgain | undefined {
  const wanted = wantedRevision(world);
  if (wanted === undefined) return undefined;
  const retrying = trainingOf(wanted) === 'Retryable';
  if (retrying && secondsToRetry(world, wanted) > 0) {
    return { seconds: secondsToRetry(world, wanted), reason: 'Training is tried again after a while' };
  }
  if (world.sourceSecretExists !== false) return undefined;
  // As long again as it was waited for already: a backoff that needs no memory.
  const waited = (world.now.getTime() - wanted.createdTime.getTime()) / 1000;
  const seconds = Math.min(SECRET_WAIT_SECONDS.most, Math.max(SECRET_WAIT_SECONDS.least, waited));
  return { seconds, reason: 'Secrets are not watched' };
}

/** The revision whose training needs something from the cluster: observe looks at its Secret and its ConfigMap. */
export function trainee(world: World): Revision | undefined {
  const wanted = wantedRevision(world);
  if (wanted === undefined || reusedArtifact(world, wanted) !== undefined) return undefined;
  return ['Open', 'Retryable'].includes(trainingOf(wanted)) ? wanted : undefined;
}

/** The Job of a revision's newest attempt. */
export function jobOf(world: World, revision: Revision): Job | undefined {
  return world.jobs.find((job) => job.name === revision.status?.training?.job);
}

function revisionCreation(world: World): Action {
  const reuseArtifactOf = reusableRevision(world)?.name;
  const identity = { number: nextRevisionNumber(world), reuseArtifactOf, isRefresh: isRefreshed(world) };
  return { kind: 'Create', object: newRevision(world.model, world.release, identity) };
}

function openTraining(world: World, revision: Revision): readonly Action[] {
  const reused = reusedArtifact(world, revision);
  if (reused !== undefined) return [reuse(world, revision, reused)];
  if (revision.status?.training === undefined) return start(world, revision, 1);
  const job = jobOf(world, revision);
  if (job?.state === 'Running') return surroundings(world, revision);
  const result = resultOf(world, revision, job);
  return result === undefined ? run(world, revision, attemptOf(revision)) : result;
}

function start(world: World, revision: Revision, attempt: number): readonly Action[] {
  if (world.sourceSecretExists === false) return [];
  const job = jobName(revision.name, attempt);
  const event = note('Normal', 'TrainingStarted', `Job ${job} trains revision ${revision.name}`);
  const status = withAttempt(revision, { attempt, job }, world.now);
  return [{ kind: 'Record', revision, status, event }, ...run(world, revision, attempt)];
}

function run(world: World, revision: Revision, attempt: number): readonly Action[] {
  if (world.sourceSecretExists === false) return [];
  const object = trainingJob(world.model, revision, attempt, currentRevision(world)?.status?.artifact);
  return [...surroundings(world, revision), { kind: 'Create', object }];
}

/** What a training pod needs for as long as it runs. */
function surroundings(world: World, revision: Revision): readonly Action[] {
  const access = trainingAccess(world.model, revision).map((object): Action => ({ kind: 'Apply', object }));
  const object = artifactConfigMap(world.model, revision);
  return world.configMaps.has(object.metadata.name) ? access : [...access, { kind: 'Create', object }];
}

/** What to record of a run that is over; undefined when there is nothing, so that its Job has to be made again. */
function resultOf(world: World, revision: Revision, job: Job | undefined): readonly Action[] | undefined {
  const content = world.artifact ?? { kind: 'Absent' };
  if (content.kind === 'Complete') {
    return [recordArtifact(world, revision, content), ...leakEvents(world, revision, content.findings)];
  }
  if (job === undefined) return undefined;
  if (content.kind === 'Broken') {
    return [recordFailure(world, revision, { reason: reasons.artifactMissing, message: content.message })];
  }
  if (job.state === 'Failed') return [recordFailure(world, revision, failureOf(world, job))];
  const message = `Job ${job.name} ended well but left no artifact in ConfigMap ${artifactName(revision.name, world.model.uid)}.`;
  return [recordFailure(world, revision, { reason: reasons.trainingFailed, message })];
}

function recordArtifact(
  world: World,
  revision: Revision,
  content: Extract<ArtifactContent, { kind: 'Complete' }>,
): Action {
  const { figures, threshold, failedGates, sha256 } = content;
  const data = dataHealth(revision, content.findings);
  if (failedGates.length > 0) {
    const message = `${failedGates.join('; ')}.`;
    const failure = { trained: reasons.gateFailed, reason: reasons.gateFailed, message, figures, data };
    const event = note('Warning', 'GateFailed', `Revision ${revision.name}: ${message}`);
    return { kind: 'Record', revision, status: withFailure(revision, failure, world.now), event };
  }
  const folder = artifactFolder(world.model, revision);
  const configMap = artifactName(revision.name, world.model.uid);
  const artifact: ArtifactReference = { configMap, sha256, ...(folder && { uri: `${folder}/${sha256}` }) };
  const message = `Revision ${revision.name} passed its gates.`;
  return {
    kind: 'Record',
    revision,
    status: withArtifact(revision, { artifact, figures, threshold, message, data }, world.now),
    event: note('Normal', 'TrainingSucceeded', message),
  };
}

function recordFailure(
  world: World,
  revision: Revision,
  failure: Partial<Failure> & Pick<Failure, 'reason' | 'message'>,
): Action {
  const { trained = reasons.jobFailed, reason, message } = failure;
  const data = refusedData(revision, failure);
  const status = withFailure(revision, { trained, reason, message, data }, world.now);
  const event = note('Warning', 'TrainingFailed', `Revision ${revision.name}: ${failure.message}`);
  return { kind: 'Record', revision, status, event };
}

function reuse(world: World, revision: Revision, origin: Revision): Action {
  const { artifact, threshold = '0.5' } = origin.status ?? {};
  if (artifact === undefined) throw new Error(`Revision ${origin.name} has no artifact to reuse`);
  const message = `The inputs are those of revision ${origin.name}, whose artifact is used.`;
  const status = withArtifact(revision, { artifact, ...judgementOf(origin), threshold, message }, world.now);
  return { kind: 'Record', revision, status };
}

/** What is recorded of how good a revision's model is, and of its table. */
function judgementOf({ status }: Revision) {
  const { metrics = {}, intervals, gates, modelCard, conditions = [] } = status ?? {};
  const figures = {
    metrics,
    ...(intervals && { intervals }),
    ...(gates && { gates }),
    ...(modelCard !== undefined && { modelCard }),
  };
  return { figures, data: conditions.filter(({ type }) => type === conditionTypes.dataHealthy) };
}

function reusedArtifact(world: World, revision: Revision): Revision | undefined {
  const origin = revisionNamed(world, revision.spec.reuseArtifactOf);
  if (origin === undefined || trainingOf(origin) !== 'Good') return undefined;
  // Deleted by hand in the meantime: then this revision trains an artifact of its own.
  return isArtifactThere(world, origin.status?.artifact) ? origin : undefined;
}

function attemptOf(revision: Revision): number {
  return revision.status?.training?.attempt ?? 1;
}

function secondsToRetry(world: World, revision: Revision): number {
  const completed = revision.status?.training?.completionTime;
  const age = completed === undefined ? 0 : ageSeconds(world.now, completed);
  return Math.min(LAST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** (attemptOf(revision) - 1)) - age;
}

/** Whether a revision says how this run ended, or speaks of a later one. A late cache may not say yet that it began. */
function isRecorded(world: World, job: Job): boolean {
  return world.revisions.some((revision) => {
    const attempt = attemptOfJob(job.name, revision.name);
    const run = revision.status?.training;
    if (attempt === undefined || run === undefined) return false;
    return attempt < run.attempt || (attempt === run.attempt && run.completionTime !== undefined);
  });
}

function note(type: EventNote['type'], reason: string, text: string): EventNote {
  return { type, reason, note: text };
}
