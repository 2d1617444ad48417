import { conditionTypes, reasons } from '@churnops/crds';
import type { ChurnModelRevisionStatus, Condition } from '@churnops/crds';
import { hashesOf, refreshOf } from '../desired/revision.js';
import type { Deployment, Revision, World } from '../world.js';
import { isArtifactThere } from './artifact-there.js';
import { hasTakenOver, isBaking, isHeldBack } from './canary/rollout-facts.js';
import { highestListed } from './history-chain.js';
import { numberInName } from './names.js';

/** How far a revision's training is, as its recorded status says. */
export type Training =
  /** No result is recorded. */
  | 'Open'
  /** An artifact that passed its gates is recorded. */
  | 'Good'
  /** A result is recorded that a later attempt may mend: the data, the bucket or the Secret could not be had. */
  | 'Retryable'
  /** A result is recorded that no retry mends. */
  | 'Rejected'
  /** Another revision was wanted before a result was there. */
  | 'Superseded';

/** The word in a revision's `status.training.reason` when another one was wanted before it had a result. */
export const SUPERSEDED = 'Superseded';

const retryable: readonly string[] = [
  reasons.dataUnreachable,
  reasons.artifactStoreUnreachable,
  reasons.secretNotFound,
];

/** How far a revision's training is. */
export function trainingOf(revision: Revision): Training {
  const run = runOf(revision);
  if (run.reason === SUPERSEDED) return 'Superseded';
  switch (conditionOf(revision, conditionTypes.trained)?.status) {
    case 'True':
      return 'Good';
    case 'False':
      return run.completionTime === undefined ? 'Open' : failedAs(run.reason);
    case 'Unknown':
    case undefined:
      return 'Open';
  }
}

/** The recorded run of a revision; empty before the first one. */
export function runOf(revision: Revision): Partial<NonNullable<ChurnModelRevisionStatus['training']>> {
  return revision.status?.training ?? {};
}

function failedAs(reason: string | undefined): Training {
  return reason !== undefined && retryable.includes(reason) ? 'Retryable' : 'Rejected';
}

/** A condition of a revision, as recorded. */
export function conditionOf(revision: Revision, type: string): Condition | undefined {
  return revision.status?.conditions?.find((condition) => condition.type === type);
}

/** The newest revision, by number. */
export function newestRevision(world: World): Revision | undefined {
  return world.revisions.at(-1);
}

/** The revision that took over last and was not rolled back since: what the Service should send requests to. */
export function currentRevision(world: World): Revision | undefined {
  const byTime = world.revisions.filter(hasTakenOver).toSorted((a, b) => promotionOf(a) - promotionOf(b));
  return byTime.at(-1);
}

/** The revision whose pods are kept to go back to while the current one bakes. */
export function previousRevision(world: World): Revision | undefined {
  const current = currentRevision(world);
  return isBaking(current) ? revisionNamed(world, current?.status?.rollout?.previousRevision) : undefined;
}

/** The kept revision that the user wants to serve; undefined when none is named, or the named one can't. */
export function pinnedRevision(world: World): Revision | undefined {
  const pinned = revisionNamed(world, world.model.spec.rollout.pinnedRevision);
  return pinned !== undefined && isServable(world, pinned) ? pinned : undefined;
}

/** Whether a revision may not take over, since it was rolled back. The pin of a user is stronger. */
export function isBarred(world: World, revision: Revision): boolean {
  return isHeldBack(revision) && revision !== pinnedRevision(world);
}

/** Whether a revision has an artifact that passed its gates and is still there. */
export function isServable(world: World, revision: Revision): boolean {
  return trainingOf(revision) === 'Good' && isArtifactThere(world, revision.status?.artifact);
}

/** The revision that this generation of the model asks for; undefined when it has to be made. */
export function wantedRevision(world: World): Revision | undefined {
  const current = currentRevision(world);
  // With a pin that can't be followed, what serves goes on and nothing is begun.
  if (isPinned(world) && current !== undefined) return pinnedRevision(world) ?? current;
  return fittingRevision(world, current);
}

/** Whether the user names a revision that shall serve. */
function isPinned({ model }: World): boolean {
  return model.spec.rollout.pinnedRevision !== '';
}

function fittingRevision(world: World, current: Revision | undefined): Revision | undefined {
  if (current !== undefined && isWanted(world, current)) return current;
  const newest = newestRevision(world);
  const usable = newest !== undefined && isWanted(world, newest) && trainingOf(newest) !== 'Superseded';
  return usable ? newest : undefined;
}

/** The revision that is being trained or started: the wanted one until it is current. */
export function candidateRevision(world: World): Revision | undefined {
  const wanted = wantedRevision(world);
  return wanted === currentRevision(world) ? undefined : wanted;
}

/** The newest revision that was trained on the same inputs, with good result, and whose artifact is still there. */
export function reusableRevision(world: World): Revision | undefined {
  const { inputHash } = hashesOf(world.model.spec);
  return world.revisions.findLast((revision) => revision.spec.inputHash === inputHash && isServable(world, revision));
}

/**
 * The number of the next revision: never used before. The model's status tells the last one; were it lost, the history knows of
 * deleted revisions, and what a revision left behind tells its number too.
 */
export function nextRevisionNumber(world: World): number {
  const { key, status } = world.model;
  const numbers = world.revisions.map((revision) => revision.spec.number);
  const children = [...world.belongings, ...world.jobs, ...world.deployments];
  const left = children.map(({ name }) => numberInName(name, key.name) ?? 0);
  const listed = world.history?.kind === 'Read' ? highestListed(world.history.entries) : 0;
  return Math.max(0, status?.lastRevisionNumber ?? 0, listed, ...numbers, ...left) + 1;
}

/** Whether only the annotation `churnops.dev/refresh` asks for another revision than there is. */
export function isRefreshed(world: World): boolean {
  const known = [currentRevision(world), newestRevision(world)];
  return known.some((revision) => revision !== undefined && fitsSpec(world, revision) && !fitsRefresh(world, revision));
}

/** A revision by its name. */
export function revisionNamed(world: World, name: string | undefined): Revision | undefined {
  return world.revisions.find((revision) => revision.name === name);
}

/** The Deployment of a revision. */
export function deploymentOf(world: World, revision: Revision | undefined): Deployment | undefined {
  return world.deployments.find((deployment) => deployment.name === revision?.name);
}

function promotionOf({ status }: Revision): number {
  return Date.parse(status?.promotedTime ?? '');
}

function isWanted(world: World, revision: Revision): boolean {
  return fitsSpec(world, revision) && fitsRefresh(world, revision);
}

/** Taking the annotation away asks for nothing. */
function fitsRefresh(world: World, revision: Revision): boolean {
  const refresh = refreshOf(world.model);
  return refresh === undefined || refresh === revision.spec.refresh;
}

function fitsSpec(world: World, revision: Revision): boolean {
  const { inputHash, servingHash } = hashesOf(world.model.spec);
  return revision.spec.inputHash === inputHash && revision.spec.servingHash === servingHash;
}
