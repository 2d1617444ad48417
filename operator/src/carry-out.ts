import { FIELD_MANAGER } from '@churnops/crds';
import type { Caches } from './caches.js';
import { cachedObject } from './caches.js';
import type { Action, EventNote, Plan } from './decide/action.js';
import { rolloutEnd } from './decide/canary/rollout-end.js';
import type { RolloutEnd } from './decide/canary/rollout-end.js';
import { isObjectWrite } from './decide/object-write.js';
import type { ObjectWrite } from './decide/object-write.js';
import { isQuota } from './decide/refusal.js';
import { kindOf, kinds } from './kinds.js';
import { liveChild, unlessGone } from './live-child.js';
import type { Outcome } from './outcome.js';
import { ApiError, hasReason, isNamespaceTerminating, isRecord, keyOf, NameConflict } from './runtime/index.js';
import type { Applier, ClusterClient, DesiredObject, KubeObject } from './runtime/index.js';
import type { World } from './world.js';
import { writeApiKey, writeSigningKeys } from './write-secrets.js';

export interface Writer {
  readonly cluster: ClusterClient;
  readonly caches: Caches;
  readonly applier: Applier;
  readonly tell: (regarding: KubeObject, event: EventNote) => void;
  /** Told once about each rollout that ends. */
  readonly countEnd: (end: RolloutEnd) => void;
}

/** A foreign object is not watched, so that its end is only found by looking. */
const CONFLICT_CHECK_SECONDS = 60;

/** The garbage collector is on its way to an object that has a child's name. */
const PASSING_CONFLICT_SECONDS = 2;

/** Nobody tells when a quota has room again. */
const QUOTA_CHECK_SECONDS = 30;

/** The model will be deleted with its namespace, or the namespace controller is stuck: nothing to be done here. */
const TERMINATING_NAMESPACE_SECONDS = 60;

/** Whether another writer was first, or our cache is late: what to do is found by looking again. */
export function wasOvertaken(error: unknown): boolean {
  return hasReason(error, 'Conflict', 'AlreadyExists');
}

const manager = { fieldManager: FIELD_MANAGER };

/**
 * Does the writes of a plan in order; the first one that is refused ends it, unless it may fail. Conflicts with a newer version
 * are thrown, as are calls without an answer: the queue brings the key back.
 */
export async function carryOut(writer: Writer, world: World, plan: Plan): Promise<Outcome> {
  return planOutcome(await carryOutAll(writer, world, plan.actions), plan);
}

/** How a plan ended, after the first refusal of a write if there was one, and when to look again. */
export function planOutcome(outcome: Outcome | undefined, { lookAgain }: Plan): Outcome {
  if (outcome === undefined) return lookAgain === undefined ? { kind: 'done' } : { kind: 'waiting', ...lookAgain };
  if (outcome.kind === 'done' || outcome.kind === 'waiting' || lookAgain === undefined) return outcome;
  // What stands in the way of one write holds up no look at a rollout.
  return { ...outcome, seconds: Math.min(outcome.seconds ?? Infinity, lookAgain.seconds) };
}

/** When to look again after an outcome, in seconds; undefined: at the next change. */
export function secondsToNextLook(outcome: Outcome): number | undefined {
  return outcome.kind === 'done' ? undefined : outcome.seconds;
}

/** What the first refusal comes to; undefined when there was none. */
async function carryOutAll(writer: Writer, world: World, actions: Plan['actions']): Promise<Outcome | undefined> {
  let tolerated: Outcome | undefined;
  for (const action of actions) {
    try {
      await perform(writer, world, action);
    } catch (error) {
      const outcome = outcomeOf(error, action);
      if (!mayFail(action)) return outcome;
      tolerated ??= outcome;
    }
  }
  return tolerated;
}

function mayFail(action: Action): boolean {
  return 'mayFail' in action;
}

/** What a refusal comes to; thrown when only another look helps. */
export function outcomeOf(error: unknown, action: Action): Outcome {
  if (error instanceof NameConflict) return conflictOutcome(error);
  if (isNamespaceTerminating(error)) {
    return { kind: 'waiting', seconds: TERMINATING_NAMESPACE_SECONDS, reason: 'The namespace is being deleted' };
  }
  if (!(error instanceof ApiError) || wasOvertaken(error)) throw error;
  return stallOf(error, action) ?? { kind: 'refused', reason: error.reason, message: error.message, error };
}

/** What no retry mends: a quota that is used up, or a child that the spec makes invalid. */
function stallOf({ reason, message }: ApiError, { kind }: Action): Outcome | undefined {
  if (reason === 'Forbidden' && isQuota(message)) {
    return { kind: 'stalled', reason: 'QuotaExceeded', message, seconds: QUOTA_CHECK_SECONDS };
  }
  // Nothing that the user wrote goes into the other writes.
  if (reason !== 'Invalid' || (kind !== 'Apply' && kind !== 'Create')) return undefined;
  return { kind: 'stalled', reason: 'InvalidSpec', message, seconds: CONFLICT_CHECK_SECONDS };
}

function conflictOutcome({ isPassing, message }: NameConflict): Outcome {
  if (!isPassing)
    return { kind: 'stalled', reason: 'NameConflict', message: `${message}.`, seconds: CONFLICT_CHECK_SECONDS };
  const told = `${message}. It is being deleted: this goes on by itself.`;
  return { kind: 'waiting', seconds: PASSING_CONFLICT_SECONDS, reason: 'A name is not free yet', message: told };
}

function perform(writer: Writer, world: World, action: Action): Promise<void> {
  if (isObjectWrite(action)) return writeObject(writer, world, action);
  switch (action.kind) {
    case 'Record':
      return record(writer, world, action);
    case 'WriteApiKey':
      return writeApiKey(writer, world, action);
    case 'WriteSigningKeys':
      return writeSigningKeys(writer, world, action);
    case 'WriteHistory':
      return writeHistory(writer, world, action);
    case 'Tell':
      writer.tell(world.model.object, action.event);
      return Promise.resolve();
  }
}

function writeObject(writer: Writer, world: World, action: ObjectWrite): Promise<void> {
  switch (action.kind) {
    case 'Apply':
      return applyChild(writer, action.object);
    case 'Create':
      return create(writer, action.object);
    case 'Scale':
      return scale(writer, world, action);
    case 'Patch':
      return patch(writer, world, action);
    case 'Delete':
      return remove(writer, world, action);
  }
}

async function applyChild({ applier, caches, cluster }: Writer, object: DesiredObject): Promise<void> {
  const kind = kindOf(object);
  const live = cachedObject(caches, kind, keyOf(object));
  try {
    await applier.apply(kind, object, live);
  } catch (error) {
    if (!hasReason(error, 'Invalid') || live === undefined) throw error;
    // A list item whose key was edited by hand (a Service's port) stays beside ours in an apply; a merge patch replaces the list.
    const { uid, resourceVersion } = live.metadata;
    await cluster.mergePatch(
      kind,
      keyOf(object),
      { metadata: { uid, resourceVersion }, spec: object['spec'] },
      manager,
    );
  }
}

/**
 * POST; a child of ours that is there already is as good. One that lost its labels is not in our caches any more, so nothing
 * else would ever bring them back.
 */
async function create({ cluster }: Writer, object: DesiredObject): Promise<void> {
  try {
    await cluster.create(kindOf(object), object, manager);
  } catch (error) {
    if (!hasReason(error, 'AlreadyExists')) throw error;
    const live = await liveChild(cluster, object);
    if (live === undefined || hasLabels(live, object)) return;
    const { uid } = live.metadata;
    const metadata = { uid, labels: object.metadata.labels };
    await unlessGone(cluster.mergePatch(kindOf(object), keyOf(object), { metadata }, manager));
  }
}

function hasLabels(live: KubeObject, wanted: DesiredObject): boolean {
  return Object.entries(wanted.metadata.labels ?? {}).every(([name, value]) => live.metadata.labels?.[name] === value);
}

async function record(
  { cluster, tell, countEnd }: Writer,
  world: World,
  { revision, status, event }: Extract<Action, { kind: 'Record' }>,
): Promise<void> {
  await cluster.updateStatus(kinds.churnModelRevision, { ...revision.object, status }, manager);
  const end = rolloutEnd(revision.status?.rollout, status.rollout);
  if (end !== undefined) countEnd(end);
  if (event !== undefined) tell(world.model.object, event);
}

/** A first one is created, so that of two operators one is refused; later ones name the version that they were made of. */
async function writeHistory(
  { cluster, tell }: Writer,
  world: World,
  { object, existing, event }: Extract<Action, { kind: 'WriteHistory' }>,
): Promise<void> {
  if (existing === undefined) {
    await liveChild(cluster, object);
    await cluster.create(kinds.configMap, object, manager);
  } else {
    const metadata = { ...existing, labels: object.metadata.labels };
    await cluster.mergePatch(kinds.configMap, keyOf(object), { metadata, data: object['data'] }, manager);
  }
  tell(world.model.object, event);
}

async function scale(
  { cluster }: Writer,
  world: World,
  { deployment, replicas }: Extract<Action, { kind: 'Scale' }>,
): Promise<void> {
  const key = { namespace: world.model.key.namespace, name: deployment };
  await unlessGone(cluster.setScale(kinds.deployment, key, replicas, manager));
}

async function patch({ cluster }: Writer, world: World, action: Extract<Action, { kind: 'Patch' }>): Promise<void> {
  const { resource, name, uid, resourceVersion } = action;
  const { metadata = {} } = action.patch;
  const seen = resourceVersion === undefined ? { uid } : { uid, resourceVersion };
  const body = { ...action.patch, metadata: { ...(isRecord(metadata) ? metadata : {}), ...seen } };
  try {
    await unlessGone(cluster.mergePatch(resource, { namespace: world.model.key.namespace, name }, body, manager));
  } catch (error) {
    if (resourceVersion === undefined || !hasReason(error, 'Conflict')) throw error;
  }
}

async function remove(
  { cluster, applier }: Writer,
  world: World,
  { resource, name, uid }: Extract<Action, { kind: 'Delete' }>,
): Promise<void> {
  const key = { namespace: world.model.key.namespace, name };
  await cluster.delete(resource, key, { propagationPolicy: 'Background', uid });
  applier.forget(resource, key);
}
