import { conditionTypes, reasons } from '@churnops/crds';
import { manifestConfigMap, registrationJob } from '../desired/registration-job.js';
import { kinds } from '../kinds.js';
import type { Job, Revision, World } from '../world.js';
import type { Action } from './action.js';
import { isOnTheWay } from './canary/rollout-facts.js';
import { contentHash, registrationNumber } from './names.js';
import type { RegistrationRecord } from './registration-record.js';
import type { Verdict } from './revision-status.js';
import { candidateRevision, currentRevision, runOf, trainingOf } from './revisions.js';
import { lastLine, newestPod } from './training-result.js';

/** A Job that failed is made again when it is gone: so often an MLflow that is away is tried, in seconds. */
const RETRY_SECONDS = 600;

/** Models that one Job tells of at most. Each is a volume of its pod. */
const MAX_MODELS = 10;

/** What MLflow shall know, and what it has to be told for that. */
interface Wish {
  readonly record: RegistrationRecord;
  /** Those that MLflow has no run of yet, for all that is known, oldest first. */
  readonly missing: readonly Revision[];
}

/** How far MLflow is told what it shall know. */
type Standing =
  /** It was told all. */
  | { readonly kind: 'Told' }
  /** A Job is at work, or is about to be gone. */
  | { readonly kind: 'UnderWay' }
  /** It could not be told; the Job is made again when it is gone. */
  | { readonly kind: 'Failed'; readonly job: Job }
  /** The next Job is to be made. */
  | { readonly kind: 'Due'; readonly wish: Wish; readonly number: number };

/**
 * Keeps MLflow up to date by Jobs, one after the other: what a Job is told is all that is wanted now, so that one that was missed,
 * or that did half of it, is made up for by the next. The newest that ended well stays as the record of what MLflow has.
 */
export function registration(world: World): readonly Action[] {
  const jobs = registrationJobs(world);
  const standing = standingOf(world, jobs);
  if (standing === undefined) return jobs.filter(({ state }) => state !== 'Running').flatMap(deletion);
  const kept = [jobs.at(-1), lastDone(jobs)];
  return [...jobs.filter((job) => !kept.includes(job)).flatMap(deletion), ...step(world, standing)];
}

function step(world: World, standing: Standing): readonly Action[] {
  switch (standing.kind) {
    case 'Due':
      return [{ kind: 'Create', object: registrationJob(world, { number: standing.number, ...standing.wish }) }];
    case 'Failed':
      return expiry(standing.job);
    case 'Told':
    case 'UnderWay':
      return [];
  }
}

/** Whether MLflow has what it shall have, as far as was told by Jobs; undefined when there is nothing to be told. */
export function registered(world: World): Verdict | undefined {
  const standing = standingOf(world, registrationJobs(world));
  if (standing === undefined) return undefined;
  const type = conditionTypes.registered;
  switch (standing.kind) {
    case 'Told':
      return { type, status: 'True', reason: reasons.upToDate, message: upToDate(world) };
    case 'Failed':
      return { type, status: 'False', reason: reasons.registrationFailed, message: failure(world, standing.job) };
    case 'Due':
    case 'UnderWay':
      return pending(world);
  }
}

/** Another try under way mends nothing yet. */
function pending(world: World): Verdict {
  const type = conditionTypes.registered;
  const told = world.model.status?.conditions?.find((condition) => condition.type === type);
  if (told?.status === 'False') return { type, status: told.status, reason: told.reason, message: told.message };
  return { type, status: 'Unknown', reason: reasons.registering, message: `${hostOf(world)} is told what is new.` };
}

function standingOf(world: World, jobs: readonly Job[]): Standing | undefined {
  const wish = wishOf(world, jobs);
  if (wish === undefined) return undefined;
  const newest = jobs.at(-1);
  if (newest === undefined) return { kind: 'Due', wish, number: 1 };
  if (newest.state === 'Running' || newest.terminating) return { kind: 'UnderWay' };
  if (!isCovered(wish, newest)) return { kind: 'Due', wish, number: numberOf(world, newest) + 1 };
  return newest.state === 'Complete' ? { kind: 'Told' } : { kind: 'Failed', job: newest };
}

function wishOf(world: World, jobs: readonly Job[]): Wish | undefined {
  const { mlflow } = world.model.spec.registry;
  const kept = registrable(world);
  if (mlflow === undefined || kept.length === 0) return undefined;
  const place = contentHash([mlflow.url, mlflow.registeredModelName]);
  const known = lastDone(jobs)?.registration;
  const has = new Set(known?.place === place ? known.registered : []);
  const missing = kept.filter((revision) => !has.has(keyOf(revision))).slice(0, MAX_MODELS);
  return {
    missing,
    record: {
      place,
      settings: contentHash(mlflow),
      champion: knownArtifact(currentRevision(world)),
      challenger: knownArtifact(challengerOf(world)),
      registered: [...kept.map(keyOf).filter((key) => has.has(key)), ...missing.map(keyOf)],
    },
  };
}

/** Whether a Job is told all that is wanted. */
function isCovered({ record, missing }: Wish, { registration: told }: Job): boolean {
  if (told === undefined) return false;
  const same = (['settings', 'champion', 'challenger'] as const).every((field) => told[field] === record[field]);
  return same && missing.every((revision) => told.registered.includes(keyOf(revision)));
}

/**
 * The revisions whose training MLflow is told of, oldest first: the first of each artifact that passed its gates, and those that
 * a gate refused, as long as their manifest can be read.
 */
function registrable(world: World): readonly Revision[] {
  const judged = world.revisions.filter(
    (revision) =>
      (trainingOf(revision) === 'Good' || isRefused(revision)) &&
      world.configMaps.has(manifestConfigMap(world.model, revision)),
  );
  return [...new Map(judged.toReversed().map((revision) => [keyOf(revision), revision])).values()].toReversed();
}

function isRefused(revision: Revision): boolean {
  return trainingOf(revision) === 'Rejected' && runOf(revision).reason === reasons.gateFailed;
}

/** The revision that is rolled out. */
function challengerOf(world: World): Revision | undefined {
  const candidate = candidateRevision(world);
  return candidate !== undefined && isOnTheWay(candidate) ? candidate : undefined;
}

/** What is recorded of a revision when MLflow has a run of it. Of one that a gate refused no artifact is recorded. */
function keyOf({ name, status }: Revision): string {
  return status?.artifact?.sha256 ?? name;
}

function knownArtifact(revision: Revision | undefined): string | null {
  return revision?.status?.artifact?.sha256 ?? null;
}

function lastDone(jobs: readonly Job[]): Job | undefined {
  return jobs.findLast(({ state }) => state === 'Complete');
}

function registrationJobs(world: World): readonly Job[] {
  return world.jobs
    .filter(({ name }) => registrationNumber(name, world.model.key.name) !== undefined)
    .toSorted((a, b) => numberOf(world, a) - numberOf(world, b));
}

function numberOf({ model }: World, { name }: Job): number {
  return registrationNumber(name, model.key.name) ?? 0;
}

function deletion({ name, uid, terminating }: Job): readonly Action[] {
  return terminating ? [] : [{ kind: 'Delete', resource: kinds.job, name, uid }];
}

function expiry({ name, uid, hasTtl }: Job): readonly Action[] {
  const patch = { spec: { ttlSecondsAfterFinished: RETRY_SECONDS } };
  return hasTtl ? [] : [{ kind: 'Patch', resource: kinds.job, name, uid, patch }];
}

function upToDate(world: World): string {
  const { mlflow } = world.model.spec.registry;
  const aliases = [
    [mlflow?.championAlias, currentRevision(world)],
    [mlflow?.challengerAlias, challengerOf(world)],
  ] as const;
  const named = aliases.flatMap(([alias, revision]) =>
    alias === undefined || revision === undefined ? [] : [`${revision.name} is ${alias}`],
  );
  return `${hostOf(world)} has all trained models${named.length === 0 ? '' : `; ${named.join(', ')}`}.`;
}

function failure(world: World, job: Job): string {
  const problem = newestPod(world, job)?.problem;
  const why = lastLine(problem?.message ?? '') || (problem?.reason ?? job.failureMessage);
  return `Job ${job.name} could not tell ${hostOf(world)}: ${why} It is tried again after ten minutes.`;
}

function hostOf(world: World): string {
  return `MLflow at ${new URL(world.model.spec.registry.mlflow?.url ?? 'http://nowhere').host}`;
}
