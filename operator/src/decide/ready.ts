import { conditionTypes, reasons } from '@churnops/crds';
import type { Outcome } from '../outcome.js';
import type { Deployment, Revision, World } from '../world.js';
import { heldUpMessage } from './canary/held-up.js';
import { rolloutMessage } from './canary/rollout-message.js';
import {
  currentRevision,
  deploymentOf,
  nextRevisionNumber,
  pinnedRevision,
  previousRevision,
  trainingOf,
  wantedRevision,
} from './revisions.js';
import { podRefusal } from './refusal.js';
import { fullSize, isFullSize } from './size.js';
import { revisionName } from './names.js';
import type { Verdict } from './revision-status.js';
import { describeTrouble, troubledPod } from './serving-trouble.js';
import { stalled } from './stalled.js';
import { jobOf } from './training.js';
import { newestPod } from './training-result.js';

type Policy = (world: World, outcome: Outcome) => Verdict | undefined;

const policies: readonly Policy[] = [
  isStalled,
  suspended,
  revisionMissing,
  sourceSecretMissing,
  waitsForRetry,
  trainingOpen,
  notCurrent,
  notAtFullSize,
];

// What Ready calls these: the revision was judged, and what served before goes on.
const rejections: readonly string[] = [
  reasons.gateFailed,
  reasons.dataInvalid,
  reasons.trainingFailed,
  reasons.artifactTooLarge,
];

/** Whether what this generation asks for is serving. First violation wins. */
export function ready(world: World, outcome: Outcome): Verdict {
  for (const policy of policies) {
    const violation = policy(world, outcome);
    if (violation) return withNews(violation, outcome);
  }
  return { type: conditionTypes.ready, status: 'True', ...serving(world) };
}

function serving(world: World): Pick<Verdict, 'reason' | 'message'> {
  const name = wantedRevision(world)?.name ?? '';
  const previous = previousRevision(world);
  if (previous !== undefined) {
    const message = `Revision ${name} serves; the pods of ${previous.name} are kept for a while, to go back to.`;
    return { reason: reasons.baking, message };
  }
  const why = pinnedRevision(world) === undefined ? '' : ', as spec.rollout.pinnedRevision asks';
  return { reason: reasons.reconciled, message: `Revision ${name} serves${why}.` };
}

function isStalled(world: World, outcome: Outcome): Verdict | undefined {
  const why = stalled(world, outcome);
  if (why === undefined) return undefined;
  return no(rejections.includes(why.reason) ? reasons.rejected : why.reason, why.message);
}

/** What serves as asked for stays Ready; what there is to be moved to waits. */
function suspended(world: World): Verdict | undefined {
  const current = currentRevision(world);
  const wanted = wantedRevision(world);
  if (!world.model.spec.suspend || (wanted !== undefined && wanted === current)) return undefined;
  const parts = [
    'spec.suspend is true: nothing is trained or moved to.',
    ...(wanted === undefined ? [] : running(world, wanted)),
    ...(current === undefined ? [] : [`Revision ${current.name} goes on serving.`]),
  ];
  return no(reasons.suspended, parts.join(' '));
}

function running(world: World, revision: Revision): readonly string[] {
  const job = trainingOf(revision) === 'Open' ? jobOf(world, revision) : undefined;
  return job?.state === 'Running' ? [`Job ${job.name} goes on, and its result is recorded.`] : [];
}

function revisionMissing(world: World): Verdict | undefined {
  if (wantedRevision(world) !== undefined) return undefined;
  return no(
    reasons.training,
    `Revision ${revisionName(world.model.key.name, nextRevisionNumber(world))} is being made.`,
  );
}

function sourceSecretMissing(world: World): Verdict | undefined {
  if (world.sourceSecretExists !== false) return undefined;
  const name = world.model.spec.data.secretRef?.name ?? '';
  const { namespace } = world.model.key;
  return no(
    reasons.secretNotFound,
    `Secret ${name} of spec.data.secretRef is not in namespace ${namespace}. Create it; it is looked for again by itself.`,
  );
}

/** Holds from the failed attempt until one succeeds, so that the reason does not flicker while attempts run. */
function waitsForRetry(world: World): Verdict | undefined {
  const wanted = wantedRevision(world);
  if (wanted === undefined || !['Open', 'Retryable'].includes(trainingOf(wanted))) return undefined;
  const run = wanted.status?.training;
  if (run?.reason === undefined) return undefined;
  return no(
    run.reason,
    `${run.message ?? ''} Attempt ${run.attempt} ${run.completionTime ? 'failed' : 'is under way'}; it is tried again by itself.`,
  );
}

function trainingOpen(world: World): Verdict | undefined {
  const wanted = wantedRevision(world);
  if (wanted === undefined || trainingOf(wanted) !== 'Open') return undefined;
  const job = jobOf(world, wanted);
  const pod = job?.state === 'Running' ? newestPod(world, job) : undefined;
  const trouble = pod?.problem === undefined ? '' : ` ${describeTrouble(pod)}`;
  const refused = podRefusal(world);
  const delay = refused === undefined ? trouble : ` ${refused.message}`;
  return no(reasons.training, `Revision ${wanted.name} is being trained${progress(world)}.${delay}`);
}

function notCurrent(world: World): Verdict | undefined {
  const wanted = wantedRevision(world);
  const arrived = wanted === currentRevision(world) && world.serviceRevision === wanted?.name;
  if (arrived) return undefined;
  const told = wanted === undefined ? undefined : (rolloutMessage(world, wanted) ?? heldUpMessage(world));
  return no(reasons.rolloutInProgress, told ?? startingMessage(world, wanted));
}

function notAtFullSize(world: World): Verdict | undefined {
  const wanted = wantedRevision(world);
  if (isFullSize(world, wanted)) return undefined;
  return no(reasons.rolloutInProgress, startingMessage(world, wanted));
}

function startingMessage(world: World, revision: Revision | undefined): string {
  const deployment = deploymentOf(world, revision);
  const pod = troubledPod(world);
  const count = `${deployment?.readyReplicas ?? 0} of ${fullSize(world, revision)} pods of revision ${revision?.name ?? ''} are ready.`;
  return [count, ...delays(world, deployment), ...(pod === undefined ? [] : [describeTrouble(pod)])].join(' ');
}

function delays(world: World, deployment: Deployment | undefined): readonly string[] {
  const refused = podRefusal(world);
  const isLate = deployment?.deadlineExceeded === true;
  return [...(isLate ? ['No progress for 600 s.'] : []), ...(refused === undefined ? [] : [refused.message])];
}

function progress(world: World): string {
  if (world.artifact?.kind !== 'Open' || world.artifact.step === undefined) return '';
  return `: ${world.artifact.step}`;
}

/** What the writes came to is told as well: it is why nothing moves. */
function withNews(verdict: Verdict, outcome: Outcome): Verdict {
  const told = outcome.kind === 'refused' || outcome.kind === 'waiting' ? outcome.message : undefined;
  return told === undefined ? verdict : { ...verdict, message: `${verdict.message} ${told}` };
}

function no(reason: string, message: string): Verdict {
  return { type: conditionTypes.ready, status: 'False', reason, message };
}
