import { kinds } from '../kinds.js';
import type { ResourceKind } from '../runtime/resource-kind.js';
import type { Belonging, Revision, World } from '../world.js';
import type { Action } from './action.js';
import { artifactName, attemptOfJob, numberInName, removalName, revisionName, trainerName } from './names.js';
import { revisionNamed, trainingOf } from './revisions.js';
import { isRetriedNow } from './training.js';

const accessKinds: readonly ResourceKind[] = [kinds.roleBinding, kinds.role, kinds.serviceAccount];

/** What let a training pod write ends with the training: nobody may change an artifact whose result is recorded. */
export function accessEnd(world: World): readonly Action[] {
  return world.belongings
    .filter((belonging) => accessKinds.includes(belonging.resource) && hasEnded(world, belonging))
    .map(removal);
}

/** What a revision that is to be deleted leaves behind: its Jobs, its training access, and artifacts that no other one uses. */
export function leftoverRemoval(world: World, revision: Revision, others: readonly Revision[]): readonly Action[] {
  const jobs = world.jobs
    .filter(({ name, terminating }) => isJobOf(name, revision) && !terminating)
    .map(({ name, uid }): Action => ({ kind: 'Delete', resource: kinds.job, name, uid }));
  const used = new Set(others.flatMap((other) => artifactsOf(world, other)));
  const artifacts = artifactsOf(world, revision).filter((name) => !used.has(name));
  const belongings = world.belongings.filter(({ resource, name }) => {
    return resource === kinds.configMap
      ? artifacts.includes(name)
      : accessKinds.includes(resource) && name === trainerName(revision.name);
  });
  return [...jobs, ...belongings.map(removal)];
}

function isJobOf(job: string, { name }: Revision): boolean {
  return job === removalName(name) || attemptOfJob(job, name) !== undefined;
}

/** Names of the ConfigMaps that a revision filled or serves. */
function artifactsOf(world: World, { name, status }: Revision): readonly string[] {
  const own = artifactName(name, world.model.uid);
  return status?.artifact === undefined ? [own] : [own, status.artifact.configMap];
}

function hasEnded(world: World, { name }: Belonging): boolean {
  const number = numberInName(name, world.model.key.name);
  if (number === undefined) return false;
  const owner = revisionName(world.model.key.name, number);
  if (name !== trainerName(owner)) return false;
  // A deleted Job that is not gone yet may still have a pod that is at work.
  if (world.jobs.some((job) => attemptOfJob(job.name, owner) !== undefined && job.state === 'Running')) return false;
  const revision = revisionNamed(world, owner);
  return revision === undefined ? isOlder(world, number) : isOver(world, revision);
}

function isOver(world: World, revision: Revision): boolean {
  return trainingOf(revision) !== 'Open' && !isRetriedNow(world, revision);
}

/** A revision that is newer than all that we know may be missing just because a cache is late. */
function isOlder(world: World, number: number): boolean {
  return world.revisions.some(({ spec }) => spec.number > number);
}

function removal({ resource, name, uid }: Belonging): Action {
  return { kind: 'Delete', resource, name, uid };
}
