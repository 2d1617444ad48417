import { isDeepStrictEqual } from 'node:util';
import { FIELD_MANAGER } from '@churnops/crds';
import type { ChurnModelStatus, RolloutStatus } from '@churnops/crds';
import { carryOut, secondsToNextLook } from './carry-out.js';
import type { Writer } from './carry-out.js';
import type { Plan } from './decide/action.js';
import { underWay } from './decide/canary/under-way.js';
import { news } from './decide/news.js';
import { plan } from './decide/plan.js';
import { kinds } from './kinds.js';
import { observe } from './observe.js';
import type { Outcome } from './outcome.js';
import type { Observation, Observer } from './observe.js';
import { RevisionUnreadable } from './revision-unreadable.js';
import { ApiError, hasReason } from './runtime/index.js';
import type { Clock, KubeObject, ObjectKey, ReconcileResult } from './runtime/index.js';
import { summarize, unobservedStatus, unreadableStatus } from './status.js';
import type { World } from './world.js';

export interface Reconciler extends Observer, Writer {
  readonly clock: Clock;
  /** Shows the rollout that is under way for a model; undefined: none is. */
  readonly show: (key: ObjectKey, rollout: RolloutStatus | undefined) => void;
}

/** Brings one model closer to what it asks for: observe, plan, carry out, report. */
export async function reconcile(reconciler: Reconciler, key: ObjectKey): Promise<ReconcileResult> {
  const observation = await observeOrTell(reconciler, key);
  return await converge(reconciler, observation, key);
}

/** A read that is forbidden is told in the model's status, else nobody would know why nothing moves. */
async function observeOrTell(reconciler: Reconciler, key: ObjectKey): Promise<Observation> {
  const now = reconciler.clock.wall();
  try {
    return await observe(reconciler, key, now);
  } catch (error) {
    const object = reconciler.caches.models.store.get(key);
    if (object !== undefined && error instanceof ApiError && error.reason === 'Forbidden') {
      await report(reconciler, object, unobservedStatus(object, { message: error.message, now }));
    }
    throw error;
  }
}

async function converge(reconciler: Reconciler, observation: Observation, key: ObjectKey): Promise<ReconcileResult> {
  switch (observation.kind) {
    case 'Gone':
      reconciler.applier.forgetChildrenOf(key);
      reconciler.looks.forget(key);
      reconciler.show(key, undefined);
      return {};
    case 'Unreadable': {
      const { object, status, message } = observation;
      const problem = { generation: object.metadata.generation ?? 1, message, now: reconciler.clock.wall() };
      await reportNews(reconciler, object, { before: status, now: unreadableStatus(status, problem) });
      return {};
    }
    case 'World': {
      const { world } = observation;
      const planned = planOf(reconciler, world);
      if (planned instanceof RevisionUnreadable) return converge(reconciler, unreadable(world, planned), key);
      const outcome = await carryOutOrLookAgain(reconciler, world, planned);
      const { object, status: before } = world.model;
      await reportNews(reconciler, object, { before, now: summarize(world, outcome) });
      const failure = outcome.kind === 'refused' ? outcome.error : undefined;
      return { requeueAfterSeconds: secondsToNextLook(outcome), failure };
    }
  }
}

/** A look whose record was refused is repeated at once, not after a whole interval. */
async function carryOutOrLookAgain(reconciler: Reconciler, world: World, planned: Plan): Promise<Outcome> {
  try {
    return await carryOut(reconciler, world, planned);
  } catch (error) {
    reconciler.looks.repeat(world.model.key);
    throw error;
  }
}

function planOf({ show }: Reconciler, world: World): Plan | RevisionUnreadable {
  try {
    show(world.model.key, underWay(world)?.status?.rollout);
    return plan(world);
  } catch (error) {
    if (error instanceof RevisionUnreadable) return error;
    throw error;
  }
}

function unreadable({ model }: World, { message }: RevisionUnreadable): Observation {
  return { kind: 'Unreadable', object: model.object, status: model.status, message };
}

/** Writes the status, then tells in events what is new in it. */
async function reportNews(
  reconciler: Reconciler,
  object: KubeObject,
  { before, now }: { before: ChurnModelStatus | undefined; now: ChurnModelStatus },
): Promise<void> {
  await report(reconciler, object, now);
  for (const event of news(before, now)) reconciler.tell(object, event);
}

/** The one place that writes a model's status; nothing is written when nothing is new. */
async function report({ cluster }: Reconciler, object: KubeObject, status: ChurnModelStatus): Promise<void> {
  if (isDeepStrictEqual(status, object['status'])) return;
  try {
    await cluster.updateStatus(kinds.churnModel, { ...object, status }, { fieldManager: FIELD_MANAGER });
  } catch (error) {
    // Deleted in the meantime: there is nobody left to tell.
    if (!hasReason(error, 'NotFound')) throw error;
  }
}
