import { isDeepStrictEqual } from 'node:util';
import { reasons } from '@churnops/crds';
import type { ChurnModelStatus } from '@churnops/crds';
import type { Outcome } from '../outcome.js';
import type { World } from '../world.js';
import { podRefusal } from './refusal.js';
import { newestRevision, runOf, trainingOf, wantedRevision } from './revisions.js';
import { describeTrouble, refusesArtifact, troubledPod } from './serving-trouble.js';
import { recordable } from './recordable.js';

type LastFailure = NonNullable<ChurnModelStatus['lastFailure']>;
type Seen = Omit<LastFailure, 'time'>;

/** The newest failure: kept, with its time, while it is the same, and until the next success of its component. */
export function lastFailure(world: World, outcome: Outcome, isReady: boolean): LastFailure | undefined {
  const previous = world.model.status?.lastFailure;
  const seen = seenNow(world, outcome);
  if (seen !== undefined) return timedFailure(seen, previous, world.now);
  return previous !== undefined && !hasSucceeded(world, previous.component, isReady) ? previous : undefined;
}

/** The failure with the time when it was seen first. */
export function timedFailure(seen: Seen, previous: LastFailure | undefined, now: Date): LastFailure {
  return { ...seen, time: isSame(seen, previous) ? previous.time : now.toISOString() };
}

function seenNow(world: World, outcome: Outcome): Seen | undefined {
  return ofOperator(outcome) ?? ofServing(world) ?? ofRefusal(world) ?? ofTraining(world);
}

function ofOperator(outcome: Outcome): Seen | undefined {
  if (outcome.kind !== 'refused' && outcome.kind !== 'stalled') return undefined;
  return { component: 'Operator', reason: outcome.reason.slice(0, 64), message: recordable(outcome.message) };
}

function ofServing(world: World): Seen | undefined {
  const pod = troubledPod(world);
  if (pod?.revision === undefined) return undefined;
  const reason = refusesArtifact(pod) ? reasons.artifactMissing : (pod.problem?.reason ?? '');
  return { component: 'Serving', reason: reason.slice(0, 64), message: describeTrouble(pod), revision: pod.revision };
}

function ofRefusal(world: World): Seen | undefined {
  const refusal = podRefusal(world);
  const revision = wantedRevision(world)?.name;
  if (refusal === undefined || revision === undefined) return undefined;
  const { component, byQuota, message } = refusal;
  const reason = byQuota ? reasons.quotaExceeded : 'FailedCreate';
  return { component, reason, message: recordable(message), revision };
}

function ofTraining(world: World): Seen | undefined {
  const revision = wantedRevision(world);
  if (revision === undefined) return undefined;
  if (world.sourceSecretExists === false) {
    const message = `Secret ${secretName(world)} of spec.data.secretRef does not exist.`;
    return { component: 'Training', reason: reasons.secretNotFound, message, revision: revision.name };
  }
  const { reason, message = '' } = runOf(revision);
  if (reason === undefined || trainingOf(revision) === 'Good') return undefined;
  return { component: 'Training', reason, message, revision: revision.name };
}

function secretName(world: World): string {
  return world.model.spec.data.secretRef?.name ?? '';
}

function hasSucceeded(world: World, component: LastFailure['component'], isReady: boolean): boolean {
  switch (component) {
    case 'Operator':
      return true;
    case 'Serving':
      return isReady;
    case 'Training': {
      const newest = newestRevision(world);
      return newest !== undefined && trainingOf(newest) === 'Good';
    }
  }
}

function isSame(seen: Seen, previous: LastFailure | undefined): previous is LastFailure {
  return previous !== undefined && isDeepStrictEqual({ ...seen, time: previous.time }, previous);
}
