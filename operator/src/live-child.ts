import { kindOf } from './kinds.js';
import { controllerOf, hasReason, keyOf, NameConflict } from './runtime/index.js';
import type { ClusterClient, DesiredObject, KubeObject } from './runtime/index.js';

/** The object that has a child's name, if any. Throws `NameConflict` when it isn't ours. */
export async function liveChild(cluster: ClusterClient, child: DesiredObject): Promise<KubeObject | undefined> {
  const live = await cluster.getMetadata(kindOf(child), keyOf(child));
  if (live !== undefined && controllerOf(live)?.uid !== controllerOf(child)?.uid) throw new NameConflict(live, child);
  return live;
}

/** Leaves a write be whose object was deleted in the meantime: its event brings the key back. */
export async function unlessGone(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
  }
}
