import { isDeepStrictEqual } from 'node:util';
import { FIELD_MANAGER } from '@churnops/crds';
import type { ChurnModelStatus } from '@churnops/crds';
import { carryOut, overtaken, secondsToNextLook } from './carry-out.js';
import type { Writer } from './carry-out.js';
import { plan } from './decide/plan.js';
import { kinds } from './kinds.js';
import { observe } from './observe.js';
import type { Observation, Observer } from './observe.js';
import { hasReason } from './runtime/index.js';
import type { Clock, KubeObject, ObjectKey, ReconcileResult } from './runtime/index.js';
import { summarize, unreadableStatus } from './status.js';

export interface Reconciler extends Observer, Writer {
  readonly clock: Clock;
}

/** A cache that is behind our own write catches up in a moment; this is how long to wait for it, in seconds. */
const STALE_CACHE_SECONDS = 0.2;

/** Brings one model closer to what it asks for: observe, plan, carry out, report. */
export async function reconcile(reconciler: Reconciler, key: ObjectKey): Promise<ReconcileResult> {
  try {
    const observation = await observe(reconciler, key, reconciler.clock.wall());
    return await converge(reconciler, observation);
  } catch (error) {
    if (!hasReason(error, ...overtaken)) throw error;
    return { requeueAfterSeconds: STALE_CACHE_SECONDS };
  }
}

async function converge(reconciler: Reconciler, observation: Observation): Promise<ReconcileResult> {
  switch (observation.kind) {
    case 'Gone':
      return {};
    case 'Unreadable': {
      const { object, status, message } = observation;
      const problem = { generation: object.metadata.generation ?? 1, message, now: reconciler.clock.wall() };
      await report(reconciler, object, unreadableStatus(status, problem));
      return {};
    }
    case 'World': {
      const { world } = observation;
      const outcome = await carryOut(reconciler, world, plan(world));
      await report(reconciler, world.model.object, summarize(world, outcome));
      if (outcome.kind === 'refused') throw outcome.error;
      return { requeueAfterSeconds: secondsToNextLook(outcome) };
    }
  }
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
