import { conditionTypes, reasons } from '@churnops/crds';
import type { Outcome } from '../outcome.js';
import type { Revision, World } from '../world.js';
import { isArtifactThere } from './artifact-there.js';
import type { Verdict } from './revision-status.js';
import { podRefusal } from './refusal.js';
import { verdictCommand } from './canary/rollout-message.js';
import { isBarred, isServable, pinnedRevision, trainingOf, wantedRevision } from './revisions.js';
import { describeTrouble, refusesArtifact, troubledPod } from './serving-trouble.js';
import { isFullSize } from './size.js';

type Policy = (world: World, outcome: Outcome) => Verdict | undefined;

const policies: readonly Policy[] = [
  writeStalled,
  pinMissing,
  trainingRejected,
  artifactGone,
  rolledBack,
  artifactRefused,
  quotaExceeded,
];

/** Why no retry helps; undefined when one may, or when nothing is wrong. First violation wins. */
export function stalled(world: World, outcome: Outcome): Verdict | undefined {
  for (const policy of policies) {
    const violation = policy(world, outcome);
    if (violation) return violation;
  }
  return undefined;
}

function writeStalled(_world: World, outcome: Outcome): Verdict | undefined {
  return outcome.kind === 'stalled' ? because(outcome.reason, outcome.message) : undefined;
}

function pinMissing(world: World): Verdict | undefined {
  const { pinnedRevision: name } = world.model.spec.rollout;
  if (name === '' || pinnedRevision(world) !== undefined) return undefined;
  const kept = world.revisions.filter((revision) => isServable(world, revision)).map((revision) => revision.name);
  const known = kept.length === 0 ? 'There is none that could.' : `These can: ${kept.join(', ')}.`;
  return because(
    reasons.invalidSpec,
    `spec.rollout.pinnedRevision names ${name}, which is no kept revision with an artifact. ${known} What serves goes on.`,
  );
}

function rolledBack(world: World): Verdict | undefined {
  const wanted = wantedRevision(world);
  if (wanted === undefined || !isBarred(world, wanted)) return undefined;
  const again = verdictCommand(world, wanted.name, `=retry-${(wanted.status?.rollout?.attempt ?? 0) + 1}`);
  return because(reasons.rolledBack, `${rollbackOf(world, wanted)}Change the spec, or try it again: ${again}`);
}

/** A sentence on why the revision was rolled back; empty when it was not. */
function rollbackOf(world: World, revision: Revision): string {
  if (!isBarred(world, revision)) return '';
  return `Revision ${revision.name} was rolled back: ${revision.status?.rollout?.message ?? ''}. `;
}

function trainingRejected(world: World): Verdict | undefined {
  const wanted = wantedRevision(world);
  if (wanted === undefined || trainingOf(wanted) !== 'Rejected') return undefined;
  const { reason = reasons.trainingFailed, message = '' } = wanted.status?.training ?? {};
  return because(reason, message);
}

function artifactGone(world: World): Verdict | undefined {
  const wanted = wantedRevision(world);
  const artifact = wanted?.status?.artifact;
  if (wanted === undefined || artifact === undefined || isArtifactThere(world, artifact)) return undefined;
  return because(
    reasons.artifactMissing,
    `${rollbackOf(world, wanted)}ConfigMap ${artifact.configMap} with the artifact of revision ${wanted.name} is gone. Pods that run go on serving; restore it, or change spec.training.seed to train again.`,
  );
}

function artifactRefused(world: World): Verdict | undefined {
  const pod = troubledPod(world);
  if (pod === undefined || !refusesArtifact(pod)) return undefined;
  return because(reasons.artifactMissing, describeTrouble(pod));
}

/** Pods that an autoscaler asks for above what must be there are no reason: `lastFailure` tells of them. */
function quotaExceeded(world: World): Verdict | undefined {
  const refusal = podRefusal(world);
  if (refusal?.byQuota !== true || isFullSize(world, wantedRevision(world))) return undefined;
  return because(reasons.quotaExceeded, `${refusal.message} It goes on by itself when the quota has room.`);
}

function because(reason: string, message: string): Verdict {
  return { type: conditionTypes.stalled, status: 'True', reason, message };
}
