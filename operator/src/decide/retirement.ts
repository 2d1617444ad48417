import { annotations } from '@churnops/crds';
import { kinds } from '../kinds.js';
import type { Deployment, Revision, World } from '../world.js';
import type { Action, LookAgain } from './action.js';
import { ageSeconds } from './age-seconds.js';
import { isHeldBack, isOnTheWay, isSettling, told } from './canary/rollout-facts.js';
import { revisionName } from './names.js';
import { orphans } from './orphans.js';
import { pastTime } from './past-time.js';
import { asDropped, asRetired, asReturned, asSuperseded } from './revision-status.js';
import {
  currentRevision,
  deploymentOf,
  isBarred,
  nextRevisionNumber,
  previousRevision,
  trainingOf,
  wantedRevision,
} from './revisions.js';

/** How long the pods of a revision stay after the Service has moved on, in seconds: kept-alive clients need time to leave. */
const RETIREMENT_SECONDS = 60;

/** What ends revisions that are neither current nor wanted. */
export function retirement(world: World): readonly Action[] {
  const ends = others(world).flatMap((revision) => {
    if (isOnTheWay(revision)) return [];
    // Clients stay connected to the pods of one that took over, whatever routers do: they are asked to leave at once.
    if (revision.status?.promotedTime !== undefined) return retire(world, revision);
    // Its rows come back first.
    return isSettling(revision, world.now) ? [] : supersede(world, revision);
  });
  return [...ends, ...leave(world), ...stay(world), ...strays(world).flatMap(removal)];
}

/** While the current revision bakes, clients leave the pods of the one before, which go on as a way back. */
function leave(world: World): readonly Action[] {
  const [previous, current] = [previousRevision(world), currentRevision(world)];
  const since = current?.status?.promotedTime;
  const moved = world.serviceRevision === current?.name;
  return previous === undefined || since === undefined || !moved ? [] : asked(world, previous, since);
}

/** What serves again keeps its clients. Its next retirement is one of its own. */
function stay(world: World): readonly Action[] {
  const current = currentRevision(world);
  const record: readonly Action[] =
    current?.status?.retiredTime === undefined
      ? []
      : [{ kind: 'Record', revision: current, status: asReturned(current) }];
  const patch = { metadata: { annotations: { [annotations.retired]: null } } };
  const pods = world.pods
    .filter((pod) => pod.revision === current?.name && pod.retired !== undefined && !pod.terminating)
    .map(({ name, uid }): Action => ({ kind: 'Patch', resource: kinds.pod, name, uid, patch }));
  return [...record, ...pods];
}

/**
 * Deployments whose revision was deleted by hand, once another revision answers and no pod is told to send rows there. That they have
 * no revision was read, not cached.
 */
function strays(world: World): readonly Deployment[] {
  const current = currentRevision(world);
  if (current === undefined || world.serviceRevision !== current.name) return [];
  const targets = new Set(world.pods.map((pod) => told(pod).target));
  return orphans(world).filter(({ name }) => !targets.has(name));
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
  const kept = [currentRevision(world), previousRevision(world), wantedRevision(world)];
  return world.revisions.filter((revision) => !kept.includes(revision) || isRefused(world, revision));
}

/** Whether the revision is wanted, but was rolled back: its pods go, as those of any other. */
function isRefused(world: World, revision: Revision): boolean {
  return revision === wantedRevision(world) && revision !== currentRevision(world) && isBarred(world, revision);
}

function retire(world: World, revision: Revision): readonly Action[] {
  const moved = world.serviceRevision === currentRevision(world)?.name;
  const since = retiredSince(world, revision);
  // The clock of a retired revision starts when requests go elsewhere, not before.
  if (since === undefined) {
    return moved ? [{ kind: 'Record', revision, status: asRetired(revision, world.now) }] : [];
  }
  if (world.serviceRevision === revision.name) return [];
  const isOver = secondsLeft(world, revision) <= 0 && !isAlone(world);
  return isOver ? deletion(world, revision) : asked(world, revision, since);
}

/** Undefined also for a time that is still to come: the clock was wrong, and starts anew. */
function retiredSince({ now }: World, { status }: Revision): string | undefined {
  const since = status?.retiredTime;
  return since !== undefined && pastTime(since, now) === since ? since : undefined;
}

/** Whether no pod of what serves is ready, and old pods do not stand in their way: who stays connected to these is answered. */
function isAlone(world: World): boolean {
  const { readyReplicas = 0, podsRefused = '' } = deploymentOf(world, currentRevision(world)) ?? {};
  return readyReplicas === 0 && podsRefused === '';
}

/** The pods of a revision are told to ask their clients to connect elsewhere. */
function asked(world: World, revision: Revision, since: string): readonly Action[] {
  const patch = { metadata: { annotations: { [annotations.retired]: since } } };
  return world.pods
    .filter((pod) => pod.revision === revision.name && pod.retired === undefined && !pod.terminating)
    .map(({ name, uid }) => ({ kind: 'Patch', resource: kinds.pod, name, uid, patch }));
}

function supersede(world: World, revision: Revision): readonly Action[] {
  if (world.model.spec.suspend) return [];
  if (isHeldBack(revision)) return deletion(world, revision);
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
  return retired === undefined ? 0 : RETIREMENT_SECONDS - ageSeconds(world.now, retired);
}
