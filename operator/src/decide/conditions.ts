import { conditionTypes, reasons } from '@churnops/crds';
import type { ConditionType } from '@churnops/crds';
import type { Outcome } from '../outcome.js';
import type { Revision, World } from '../world.js';
import { ready } from './ready.js';
import { registered } from './registration.js';
import type { Verdict } from './revision-status.js';
import { heldUpMessage } from './canary/held-up.js';
import { isBaking, isHeldBack, rolloutOnTheWay } from './canary/rollout-facts.js';
import {
  candidateRevision,
  conditionOf,
  currentRevision,
  newestRevision,
  pinnedRevision,
  trainingOf,
  wantedRevision,
} from './revisions.js';
import type { Training } from './revisions.js';
import { answeringPods } from './serving-trouble.js';
import { stalled } from './stalled.js';

/** All conditions of the model that hold or are known not to hold. Reconciling and Stalled are there only while True. */
export function conditions(world: World, outcome: Outcome): readonly Verdict[] {
  const isReady = ready(world, outcome);
  const isStalled = stalled(world, outcome);
  const verdicts = [
    isReady,
    available(world),
    isStalled,
    reconciling(world, isReady, isStalled),
    newestOf(world, conditionTypes.trained),
    promoted(world),
    newestOf(world, conditionTypes.dataHealthy),
    registered(world),
  ];
  return verdicts.filter((verdict) => verdict !== undefined);
}

/** Whether any good revision answers requests now. */
function available(world: World): Verdict {
  const type = conditionTypes.available;
  if (answeringPods(world) === 0) {
    return { type, status: 'False', reason: reasons.noReadyReplicas, message: 'No pod of a good revision is ready.' };
  }
  const took = takeOverOf(world);
  if (took !== undefined) {
    return { type, status: 'True', reason: reasons.takenOver, message: `Requests are answered. ${took.message}.` };
  }
  return { type, status: 'True', reason: reasons.minimumReplicasAvailable, message: 'Requests are answered.' };
}

/** How the current revision took over without a canary, for as long as it bakes; undefined otherwise. */
function takeOverOf(world: World): Verdict | undefined {
  const current = currentRevision(world);
  const promotion =
    isBaking(current) && current !== undefined ? conditionOf(current, conditionTypes.promoted) : undefined;
  return promotion?.reason === reasons.takenOver ? promotion : undefined;
}

/** What the newest finished training run that says so came to; undefined before the first one is over. */
function newestOf(world: World, type: ConditionType): Verdict | undefined {
  const found = world.revisions.map((revision) => conditionOf(revision, type));
  const verdict = found.findLast((condition) => condition !== undefined);
  return verdict === undefined ? undefined : plain(verdict);
}

/** Whether the newest revision became current; undefined before there is one. */
function promoted(world: World): Verdict | undefined {
  const newest = newestRevision(world);
  if (newest === undefined) return undefined;
  const pinned = pinnedRevision(world);
  const type = conditionTypes.promoted;
  if (pinned !== undefined) return { type, status: 'False', reason: reasons.pinned, message: pinMessage(pinned) };
  return promotionOf(world, newest);
}

function pinMessage({ name }: Revision): string {
  return `spec.rollout.pinnedRevision names ${name}: nothing newer is trained or moved to.`;
}

function promotionOf(world: World, newest: Revision): Verdict {
  const type = conditionTypes.promoted;
  const recorded = conditionOf(newest, type);
  const status = newest === currentRevision(world) ? 'True' : 'False';
  const isJudged = status === 'True' || isHeldBack(newest);
  if (recorded?.status === status && isJudged) return plain(recorded);
  if (status === 'True') {
    // Recorded by release 0.1.0.
    const message = `Revision ${newest.name} took over when all its pods were ready.`;
    return { type, status, reason: reasons.readyAtFullSize, message };
  }
  return notPromoted(world, newest);
}

function notPromoted(world: World, newest: Revision): Verdict {
  const type = conditionTypes.promoted;
  const progress = progressOf(world, newest);
  const waits = world.model.spec.suspend && ['Retryable', 'Good'].includes(progress);
  if (waits) {
    const message = `Revision ${newest.name} waits until spec.suspend is false.`;
    return { type, status: 'False', reason: reasons.suspended, message };
  }
  const starting = heldUpMessage(world) ?? `Revision ${newest.name} is being started.`;
  const why = {
    Open: { reason: reasons.training, message: `Revision ${newest.name} is being trained.` },
    Retryable: { reason: reasons.training, message: `Training of revision ${newest.name} is tried again.` },
    Good: { reason: reasons.rolloutInProgress, message: starting },
    Rejected: { reason: reasons.rejected, message: `Revision ${newest.name} was refused.` },
    Superseded: { reason: reasons.rejected, message: `Revision ${newest.name} is not wanted any more.` },
  }[progress];
  return { type, status: 'False', ...why };
}

/** A good revision that was dropped when the spec became what serves again is not on its way, whatever is recorded of it. */
function progressOf(world: World, newest: Revision): Training {
  const recorded = trainingOf(newest);
  return recorded === 'Rejected' || newest === wantedRevision(world) ? recorded : 'Superseded';
}

function reconciling(world: World, isReady: Verdict, isStalled: Verdict | undefined): Verdict | undefined {
  if (isReady.status === 'True' || isReady.reason === reasons.suspended || isStalled !== undefined) return undefined;
  const rolling = isReady.reason === reasons.rolloutInProgress;
  const reason = rolling ? rolloutReason(world) : reasons.training;
  return { type: conditionTypes.reconciling, status: 'True', reason, message: isReady.message };
}

/** What a rollout is at, in one word. */
function rolloutReason(world: World): string {
  const rollout = rolloutOnTheWay(candidateRevision(world));
  if (rollout === undefined) return reasons.rolloutInProgress;
  const { stage, reason = '' } = rollout;
  if (waitsForPeople.includes(reason)) return reason;
  if (waitsForRows.includes(reason)) return reasons.awaitingSamples;
  return stage === 'Shadow' ? reasons.shadowing : reasons.canaryStep;
}

const waitsForPeople: readonly string[] = [reasons.awaitingApproval, reasons.contractChanged];
const waitsForRows: readonly string[] = [reasons.noData, reasons.inconclusive];

function plain({ type, status, reason, message }: Verdict): Verdict {
  return { type, status, reason, message };
}
