import { ChurnModelStatus, conditionTypes, ports, reasons } from '@churnops/crds';
import { conditions } from './decide/conditions.js';
import { lastFailure, timedFailure } from './decide/last-failure.js';
import { timed } from './decide/revision-status.js';
import type { Verdict } from './decide/revision-status.js';
import { isBaking, rolloutOnTheWay } from './decide/canary/rollout-facts.js';
import { underWay } from './decide/canary/under-way.js';
import {
  candidateRevision,
  currentRevision,
  deploymentOf,
  isBarred,
  nextRevisionNumber,
  pinnedRevision,
  previousRevision,
  runOf,
  trainingOf,
  wantedRevision,
} from './decide/revisions.js';
import { servingSelector } from './desired/serving-service.js';
import { parseKnown } from './known-fields.js';
import type { Outcome } from './outcome.js';
import type { KubeObject } from './runtime/index.js';
import { withoutUndefined } from './without-undefined.js';
import type { Revision, World } from './world.js';
import { recordable } from './decide/recordable.js';

/** The model's whole status, from the world before the plan's writes and how they ended. */
export function summarize(world: World, outcome: Outcome): ChurnModelStatus {
  const { model, now } = world;
  const verdicts = conditions(world, outcome);
  const isReady = verdicts.some(({ type, status }) => type === conditionTypes.ready && status === 'True');
  const current = currentRevision(world);
  const previous = previousRevision(world);
  return withoutUndefined({
    observedGeneration: model.generation,
    stage: stageOf(world, verdicts),
    url: `http://${model.key.name}.${model.key.namespace}.svc:${ports.http.number}`,
    lastRevisionNumber: highestNumber(world),
    replicas: answering(world)?.replicas ?? 0,
    selector: selectorOf(world),
    current: current === undefined ? undefined : summaryOf(world, current),
    candidate: candidateSummary(world),
    previous: previous === undefined ? undefined : { revision: previous.name },
    rollout: rolloutSummary(world),
    quality: current === undefined ? undefined : qualityOf(current),
    training: trainingSummary(world),
    lastFailure: lastFailure(world, outcome, isReady),
    conditions: timed(verdicts, model.status?.conditions ?? [], { generation: model.generation, now }),
  });
}

/** Status of a model whose spec, or one of whose revisions, does not fit the schema: what serves goes on and stays told. */
export function unreadableStatus(
  previous: ChurnModelStatus | undefined,
  problem: { generation: number; message: string; now: Date },
): ChurnModelStatus {
  const { generation, message, now } = problem;
  const replaced: readonly string[] = [conditionTypes.ready, conditionTypes.stalled, conditionTypes.reconciling];
  const kept = (previous?.conditions ?? []).filter(({ type }) => !replaced.includes(type));
  const verdicts: readonly Verdict[] = [
    { type: conditionTypes.ready, status: 'False', reason: reasons.invalidSpec, message },
    { type: conditionTypes.stalled, status: 'True', reason: reasons.invalidSpec, message },
    ...kept.map(({ type, status, reason, message: said }) => ({ type, status, reason, message: said })),
  ];
  return {
    ...previous,
    observedGeneration: generation,
    conditions: timed(verdicts, previous?.conditions ?? [], { generation, now }),
  };
}

/** Status of a model of which something may not be read: what was told before, and that. */
export function unobservedStatus(object: KubeObject, problem: { message: string; now: Date }): ChurnModelStatus {
  const { message, now } = problem;
  const { generation = 1 } = object.metadata;
  const first: readonly Verdict[] = [
    { type: conditionTypes.ready, status: 'False', reason: reasons.training, message },
    { type: conditionTypes.reconciling, status: 'True', reason: reasons.training, message },
  ];
  const told = parseKnown(ChurnModelStatus, object['status']).data;
  const fresh = { observedGeneration: generation, conditions: timed(first, [], { generation, now }) };
  // The API server gives a new object a status without conditions.
  const previous = told?.conditions === undefined ? { ...told, ...fresh } : told;
  const failure = { component: 'Operator', reason: 'Forbidden', message: recordable(message) } as const;
  return { ...previous, lastFailure: timedFailure(failure, previous.lastFailure, now) };
}

const stageNames = [
  [reasons.rejected, 'Rejected'],
  [reasons.rolledBack, 'RolledBack'],
  [reasons.rolloutInProgress, 'Rollout'],
] as const;

function stageOf(world: World, verdicts: readonly Verdict[]): NonNullable<ChurnModelStatus['stage']> {
  if (world.model.spec.suspend) return 'Suspended';
  const isReady = verdicts.find(({ type }) => type === conditionTypes.ready);
  if (isReady?.status === 'True') return servingStage(world);
  const rollout = rolloutStage(candidateRevision(world));
  if (rollout !== undefined) return rollout;
  const named = stageNames.find(([reason]) => reason === isReady?.reason);
  if (named !== undefined) return named[1];
  if (isTraining(candidateRevision(world))) return 'Training';
  return currentRevision(world) === undefined ? 'Pending' : 'Serving';
}

function rolloutStage(candidate: Revision | undefined): ChurnModelStatus['stage'] {
  const stage = rolloutOnTheWay(candidate)?.stage;
  return stage === 'Complete' ? undefined : stage;
}

function servingStage(world: World): NonNullable<ChurnModelStatus['stage']> {
  if (pinnedRevision(world) !== undefined) return 'Pinned';
  return isBaking(currentRevision(world)) ? 'Baking' : 'Serving';
}

function isTraining(candidate: Revision | undefined): boolean {
  return candidate !== undefined && trainingOf(candidate) === 'Open' && candidate.status?.training !== undefined;
}

function highestNumber(world: World): number | undefined {
  const highest = nextRevisionNumber(world) - 1;
  return highest === 0 ? undefined : highest;
}

function answering(world: World) {
  return deploymentOf(world, currentRevision(world) ?? candidateRevision(world));
}

function selectorOf(world: World): string | undefined {
  const revision = currentRevision(world) ?? candidateRevision(world);
  if (revision === undefined) return undefined;
  return Object.entries(servingSelector(revision.name))
    .map(([label, value]) => `${label}=${value}`)
    .join(',');
}

function candidateSummary(world: World): ChurnModelStatus['candidate'] {
  const candidate = candidateRevision(world);
  // A refused candidate is not on its way any more: lastFailure and Stalled name it.
  if (candidate === undefined || trainingOf(candidate) === 'Rejected' || isBarred(world, candidate)) return undefined;
  return summaryOf(world, candidate);
}

function summaryOf(world: World, revision: Revision): ChurnModelStatus['current'] {
  return withoutUndefined({
    revision: revision.name,
    artifactSha256: revision.status?.artifact?.sha256,
    readyReplicas: deploymentOf(world, revision)?.readyReplicas ?? 0,
    percent: percentOf(world, revision),
    promotedTime: revision.status?.promotedTime,
  });
}

/** The share that routers act on; undefined without a rollout under way. */
function percentOf(world: World, revision: Revision): number | undefined {
  const rollout = rolloutOnTheWay(candidateRevision(world));
  if (rollout === undefined) return undefined;
  // Copies are no answers.
  const share = rollout.stage === 'Shadow' ? 0 : (rollout.acknowledgedPercent ?? 0);
  return revision.status?.rollout === rollout ? share : 100 - share;
}

/** The rollout under way, else that of the revision that is wanted or serves. */
function rolloutSummary(world: World): ChurnModelStatus['rollout'] {
  const revision = underWay(world) ?? wantedRevision(world) ?? currentRevision(world);
  const { rollout } = revision?.status ?? {};
  if (rollout === undefined) return undefined;
  const { stage, step, startTime, message, checks } = rollout;
  return withoutUndefined({ stage, step, startTime, message, checks });
}

function qualityOf({ status }: Revision): ChurnModelStatus['quality'] {
  return withoutUndefined({
    rocAuc: status?.metrics?.['RocAUC'],
    logLoss: status?.metrics?.['LogLoss'],
    threshold: status?.threshold,
  });
}

function trainingSummary(world: World): ChurnModelStatus['training'] {
  const revision = world.revisions.findLast(({ status }) => status?.training !== undefined);
  if (revision === undefined) return undefined;
  const { job, attempt, startTime, completionTime } = runOf(revision);
  const progress = completionTime === undefined ? progressOf(world) : {};
  return withoutUndefined({ revision: revision.name, job, attempt, ...progress, startTime, completionTime });
}

function progressOf({ artifact }: World): { step?: string | undefined; progressPercent?: number | undefined } {
  return artifact?.kind === 'Open' ? { step: artifact.step, progressPercent: artifact.percent } : {};
}
