import { MAX_HISTORY_BYTES } from '@churnops/crds';
import type { HistoryEntry } from '@churnops/crds';
import { artifactFolder } from '../desired/artifact-store.js';
import { historyConfigMap } from '../desired/history-config-map.js';
import { removalJob } from '../desired/removal-job.js';
import { kinds } from '../kinds.js';
import type { HistoryContent, Job, Revision, World } from '../world.js';
import type { Action } from './action.js';
import { isOnTheWay } from './canary/rollout-facts.js';
import { isListed, outgoingHash } from './history-chain.js';
import { fitted } from './history-compaction.js';
import { historyEntry } from './history-entry.js';
import { leftoverRemoval } from './leftovers.js';
import { artifactName, attemptOfJob, historyName, removalName } from './names.js';
import {
  currentRevision,
  deploymentOf,
  previousRevision,
  reusableRevision,
  trainingOf,
  wantedRevision,
} from './revisions.js';
import { lastLine, newestPod } from './training-result.js';

/** Revisions that are to be deleted, oldest first: neither in use nor among the newest `spec.revisionHistoryLimit` of the others. */
export function prunable(world: World): readonly Revision[] {
  if (world.model.spec.suspend) return [];
  // Without a wanted revision one is about to be made, which may use the artifact of an old one.
  const ways = [currentRevision(world), wantedRevision(world) ?? reusableRevision(world)];
  const inUse = withOrigins(
    world,
    world.revisions.filter((revision) => ways.includes(revision) || isUnfinished(world, revision)),
  );
  const ended = world.revisions.filter((revision) => !inUse.has(revision));
  const excess = Math.max(0, ended.length - world.model.spec.revisionHistoryLimit);
  const kept = withOrigins(world, [...inUse, ...ended.slice(excess)]);
  return ended.filter((revision) => !kept.has(revision));
}

/** The reports of the revisions to be deleted, and then their end. The revision goes last: until then all is done again. */
export function pruning(world: World): readonly Action[] {
  const { history } = world;
  if (history === undefined) return [];
  const going = prunable(world);
  if (going.length === 0) return [];
  if (history.kind === 'Unreadable') {
    return [{ kind: 'Tell', event: { type: 'Warning', reason: 'HistoryUnreadable', note: history.message } }];
  }
  const others = world.revisions.filter((revision) => !going.includes(revision));
  return [...report(world, going, history), ...going.flatMap((revision) => removal(world, revision, others))];
}

function report(
  world: World,
  going: readonly Revision[],
  history: Exclude<HistoryContent, { kind: 'Unreadable' }>,
): readonly Action[] {
  const before = history.kind === 'Absent' ? [] : history.entries;
  const missing = going.filter(({ spec }) => !isListed(before, spec.number));
  if (missing.length === 0) return [];
  const entries = missing.reduce<readonly HistoryEntry[]>(
    (listed, revision) => [...listed, historyEntry(revision, outgoingHash(listed.at(-1)), world.now)],
    before,
  );
  const { uid, resourceVersion } = history.kind === 'Absent' ? {} : history;
  const existing = uid === undefined || resourceVersion === undefined ? undefined : { uid, resourceVersion };
  const names = missing.map(({ name }) => name).join(', ');
  const note = `${names} deleted, as spec.revisionHistoryLimit asks; reports are in ConfigMap ${historyName(world.model.key.name)}`;
  return [
    {
      kind: 'WriteHistory',
      object: historyConfigMap(world.model, fitted(entries, MAX_HISTORY_BYTES)),
      existing,
      event: { type: 'Normal', reason: 'RevisionPruned', note },
    },
  ];
}

function removal(world: World, revision: Revision, others: readonly Revision[]): readonly Action[] {
  const { name, uid } = revision.object.metadata;
  // One that was never trained wrote nothing.
  const folder = revision.status?.training && artifactFolder(world.model, revision);
  if (folder !== undefined && removalJobOf(world, revision)?.state !== 'Complete') {
    return bucketRemoval(world, revision, folder);
  }
  return [
    ...leftoverRemoval(world, revision, others),
    { kind: 'Delete', resource: kinds.churnModelRevision, name, uid },
  ];
}

/** The revision stays until its bucket is rid of it, since nothing else would know what to remove. */
function bucketRemoval(world: World, revision: Revision, folder: string): readonly Action[] {
  const job = removalJobOf(world, revision);
  if (job === undefined) return [{ kind: 'Create', object: removalJob(world.model, revision, folder) }];
  if (job.state !== 'Failed' || job.terminating) return [];
  const why = lastLine(newestPod(world, job)?.problem?.message ?? '') || job.failureMessage;
  const note = `Job ${job.name} could not remove ${folder}: ${why} It is tried again after ten minutes.`;
  return [{ kind: 'Tell', event: { type: 'Warning', reason: 'ArtifactNotRemoved', note } }];
}

function removalJobOf(world: World, { name }: Revision): Job | undefined {
  return world.jobs.find((job) => job.name === removalName(name));
}

/** Whether a revision has not ended yet, since its pods or its training are still there, or is not counted yet. */
function isUnfinished(world: World, revision: Revision): boolean {
  return !hasEnded(world, revision) || !isCounted(world, revision);
}

function hasEnded(world: World, revision: Revision): boolean {
  const { promotedTime, retiredTime } = revision.status ?? {};
  if (isOnTheWay(revision) || revision === previousRevision(world)) return false;
  if (deploymentOf(world, revision) !== undefined) return false;
  if (promotedTime !== undefined) return retiredTime !== undefined;
  const runs = world.jobs.some(
    ({ name, state }) => state === 'Running' && attemptOfJob(name, revision.name) !== undefined,
  );
  return !runs && ['Good', 'Rejected', 'Superseded'].includes(trainingOf(revision));
}

/** Whether the model's status counts it: else its number could be used again. */
function isCounted(world: World, revision: Revision): boolean {
  return revision.spec.number <= (world.model.status?.lastRevisionNumber ?? 0);
}

/** With the revisions whose artifacts they serve, or are about to. */
function withOrigins(world: World, revisions: readonly Revision[]): ReadonlySet<Revision> {
  const artifacts = new Set(revisions.map(({ status }) => status?.artifact?.configMap));
  const pending = new Set(
    revisions.filter(({ status }) => status?.artifact === undefined).map(({ spec }) => spec.reuseArtifactOf),
  );
  const origins = world.revisions.filter(({ name }) => {
    return artifacts.has(artifactName(name, world.model.uid)) || pending.has(name);
  });
  return new Set([...revisions, ...origins]);
}
