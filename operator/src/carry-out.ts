import { FIELD_MANAGER } from '@churnops/crds';
import { generateApiKey } from './api-key.js';
import type { Caches } from './caches.js';
import { cachedObject } from './caches.js';
import type { Action, EventNote, Plan } from './decide/action.js';
import { apiKeySecret, apiKeysSecret } from './desired/api-key-secrets.js';
import { kindOf, kinds } from './kinds.js';
import type { Outcome } from './outcome.js';
import { ApiError, controllerOf, hasReason, isNamespaceTerminating, keyOf, NameConflict } from './runtime/index.js';
import type { Applier, ClusterClient, DesiredObject, KubeObject } from './runtime/index.js';
import type { World } from './world.js';

export interface Writer {
  readonly cluster: ClusterClient;
  readonly caches: Caches;
  readonly applier: Applier;
  readonly tell: (regarding: KubeObject, event: EventNote) => void;
}

/** A foreign object is not watched, so that its end is only found by looking. */
const CONFLICT_CHECK_SECONDS = 60;

/** The garbage collector is on its way to an object that has a child's name. */
const PASSING_CONFLICT_SECONDS = 2;

/** The model will be deleted with its namespace, or the namespace controller is stuck: nothing to be done here. */
const TERMINATING_NAMESPACE_SECONDS = 60;

/** Whether another writer was first, or our cache is late: what to do is found by looking again. */
export function wasOvertaken(error: unknown): boolean {
  return hasReason(error, 'Conflict', 'AlreadyExists');
}

const manager = { fieldManager: FIELD_MANAGER };

/**
 * Does the writes of a plan in order; the first one that is refused ends it. Conflicts with a newer version are thrown, as are
 * calls without an answer: the queue brings the key back.
 */
export async function carryOut(writer: Writer, world: World, plan: Plan): Promise<Outcome> {
  try {
    for (const action of plan.actions) await perform(writer, world, action);
  } catch (error) {
    return outcomeOf(error);
  }
  const { lookAgain } = plan;
  return lookAgain === undefined ? { kind: 'done' } : { kind: 'waiting', ...lookAgain };
}

/** When to look again after an outcome, in seconds; undefined: at the next change. */
export function secondsToNextLook(outcome: Outcome): number | undefined {
  if (outcome.kind === 'waiting') return outcome.seconds;
  return outcome.kind === 'stalled' ? CONFLICT_CHECK_SECONDS : undefined;
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof NameConflict) return conflictOutcome(error);
  if (isNamespaceTerminating(error)) {
    return { kind: 'waiting', seconds: TERMINATING_NAMESPACE_SECONDS, reason: 'The namespace is being deleted' };
  }
  if (!(error instanceof ApiError) || wasOvertaken(error)) throw error;
  return { kind: 'refused', reason: error.reason, message: error.message, error };
}

function conflictOutcome({ isPassing, message }: NameConflict): Outcome {
  if (!isPassing) return { kind: 'stalled', reason: 'NameConflict', message: `${message}.` };
  const told = `${message}. It is being deleted: this goes on by itself.`;
  return { kind: 'waiting', seconds: PASSING_CONFLICT_SECONDS, reason: 'A name is not free yet', message: told };
}

function perform(writer: Writer, world: World, action: Action): Promise<void> {
  switch (action.kind) {
    case 'Apply':
      return applyChild(writer, action.object);
    case 'Create':
      return create(writer, action.object);
    case 'Record':
      return record(writer, world, action);
    case 'WriteApiKey':
      return writeKey(writer, world, action);
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
  { cluster, tell }: Writer,
  world: World,
  { revision, status, event }: Extract<Action, { kind: 'Record' }>,
): Promise<void> {
  await cluster.updateStatus(kinds.churnModelRevision, { ...revision.object, status }, manager);
  if (event !== undefined) tell(world.model.object, event);
}

async function writeKey(writer: Writer, world: World, action: Extract<Action, { kind: 'WriteApiKey' }>): Promise<void> {
  if (action.sha256 !== undefined) {
    await publish(writer, apiKeysSecret(world.model, action.sha256, world.now));
    return;
  }
  const { key, sha256 } = generateApiKey();
  await publish(writer, apiKeySecret(world.model, key, sha256));
  await publish(writer, apiKeysSecret(world.model, sha256, world.now));
}

/** Creates a Secret, or writes over ours: both without ever reading its content. */
async function publish({ cluster }: Writer, secret: DesiredObject): Promise<void> {
  const existing = await liveChild(cluster, secret);
  if (existing === undefined) {
    await cluster.create(kinds.secret, secret, manager);
    return;
  }
  const { uid, resourceVersion } = existing.metadata;
  const { labels, annotations } = secret.metadata;
  // The version makes two operators at once take turns: each would write its own key.
  const metadata = { uid, resourceVersion, labels, annotations };
  await cluster.mergePatch(kinds.secret, keyOf(secret), { metadata, stringData: secret['stringData'] }, manager);
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
  const { resource, name, uid } = action;
  const { metadata = {} } = action.patch;
  const body = { ...action.patch, metadata: { ...(isFields(metadata) ? metadata : {}), uid } };
  await unlessGone(cluster.mergePatch(resource, { namespace: world.model.key.namespace, name }, body, manager));
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

/** The object that has a child's name, if any. Throws `NameConflict` when it isn't ours. */
async function liveChild(cluster: ClusterClient, child: DesiredObject): Promise<KubeObject | undefined> {
  const live = await cluster.getMetadata(kindOf(child), keyOf(child));
  if (live !== undefined && controllerOf(live)?.uid !== controllerOf(child)?.uid) throw new NameConflict(live, child);
  return live;
}

async function unlessGone(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    // Deleted in the meantime: its event brings the key back.
    if (!hasReason(error, 'NotFound')) throw error;
  }
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
