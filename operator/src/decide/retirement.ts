import { annotations } from '@churnops/crds';
import { kinds } from '../kinds.js';
import type { Deployment, Revision, World } from '../world.js';
import type { Action, LookAgain } from './action.js';
import { revisionName } from './names.js';
import { asDropped, asRetired, asSuperseded } from './revision-status.js';
import {
  currentRevision,
  deploymentOf,
  nextRevisionNumber,
  revisionNamed,
  trainingOf,
  wantedRevision,
} from './revisions.js';

/** How long the pods of a revision stay after the Service has moved on, in seconds: kept-alive clients need time to leave. */
const RETIREMENT_SECONDS = 60;

/** What ends revisions that are neither current nor wanted. */
export function retirement(world: World): readonly Action[] {
  const ends = others(world).flatMap((revision) =>
    revision.status?.promotedTime === undefined ? supersede(world, revision) : retire(world, revision),
  );
  return [...ends, ...strays(world).flatMap(removal)];
}

/**
 * Deployments whose revision was deleted by hand, once another revision answers. Only those of revisions before the current
 * one: a newer one may be missing just because a cache is late.
 */
function strays(world: World): readonly Deployment[] {
  const current = currentRevision(world);
  if (current === undefined || world.serviceRevision !== current.name) return [];
  const numbers = Array.from({ length: current.spec.number - 1 }, (_, index) => index + 1);
  const older = new Set(numbers.map((number) => revisionName(world.model.key.name, number)));
  return world.deployments.filter(({ name }) => older.has(name) && revisionNamed(world, name) === undefined);
}

/** When the next Deployment of a retired revision is due to be deleted. */
export function nextDeletion(world: World): LookAgain | undefined {
  const left = others(world)
    .filter((revision) => deploymentOf(world, revision) !== undefined)
    .map((revision) => secondsLeft(world, revision))
    .filter((seconds) => seconds > 0);
  return left.length === 0 ? undefined : { seconds: Math.min(...left), reason: 'Old pods are kept for a while' };
}

function others(world: World): readonly Revision[] {
  const kept = [currentRevision(world), wantedRevision(world)];
  return world.revisions.filter((revision) => !kept.includes(revision));
}

function retire(world: World, revision: Revision): readonly Action[] {
  const { status } = revision;
  if (status?.retiredTime === undefined) {
    // The clock of a retired revision starts when requests go elsewhere, not before.
    const moved = world.serviceRevision === currentRevision(world)?.name;
    return moved ? [{ kind: 'Record', revision, status: asRetired(revision, world.now) }] : [];
  }
  if (secondsLeft(world, revision) <= 0) return deletion(world, revision);
  const patch = { metadata: { annotations: { [annotations.retired]: status.retiredTime } } };
  return world.pods
    .filter((pod) => pod.revision === revision.name && pod.retired === undefined && !pod.terminating)
    .map(({ name, uid }) => ({ kind: 'Patch', resource: kinds.pod, name, uid, patch }));
}

function supersede(world: World, revision: Revision): readonly Action[] {
  if (world.model.spec.suspend) return [];
  const by = wantedRevision(world)?.name ?? revisionName(world.model.key.name, nextRevisionNumber(world));
  const unresolved = ['Open', 'Retryable'].includes(trainingOf(revision));
  const pods = deletion(world, revision);
  // Also of a good one something is recorded first: the write is refused when it was promoted and our cache is late.
  const status = unresolved ? asSuperseded(revision, by, world.now) : asDropped(revision);
  const record: readonly Action[] = unresolved || pods.length > 0 ? [{ kind: 'Record', revision, status }] : [];
  const jobs = world.jobs
    .filter((job) => job.name === revision.status?.training?.job && job.state === 'Running' && !job.terminating)
    .map(({ name, uid }): Action => ({ kind: 'Delete', resource: kinds.job, name, uid }));
  return [...record, ...jobs, ...pods];
}

function deletion(world: World, revision: Revision): readonly Action[] {
  const deployment = deploymentOf(world, revision);
  return deployment === undefined ? [] : removal(deployment);
}

function removal(deployment: Deployment): readonly Action[] {
  if (deployment.terminating) return [];
  return [{ kind: 'Delete', resource: kinds.deployment, name: deployment.name, uid: deployment.uid }];
}

function secondsLeft(world: World, revision: Revision): number {
  const retired = revision.status?.retiredTime;
  if (retired === undefined) return 0;
  const age = Math.max(0, world.now.getTime() - Date.parse(retired)) / 1000;
  return RETIREMENT_SECONDS - age;
}
