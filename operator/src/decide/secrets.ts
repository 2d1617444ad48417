import { renderedPodTemplate } from '../desired/rendered-pod-template.js';
import { signingKeyTime } from '../signing-key.js';
import type { World } from '../world.js';
import type { Action, EventNote } from './action.js';
import { apiKeyName, apiKeysName } from './names.js';
import { currentRevision } from './revisions.js';

/** A key signs for so long, and is accepted for as long again. */
const SIGNING_KEY_DAYS = 30;
const DAY_MS = 86_400_000;

/**
 * The generated API key. Its Secret is made before the one with the hash, which always follows the annotation of the first: so a
 * death in between is mended without reading a key.
 */
export function apiKeys(world: World): readonly Action[] {
  if (world.model.spec.serving.access.authentication !== 'ApiKey') return [];
  const sha256 = world.apiKey?.sha256;
  const matching = sha256 !== undefined && world.apiKeys?.sha256 === sha256;
  return matching ? [] : [{ kind: 'WriteApiKey', sha256, event: isRotation(world) ? rotated(world) : undefined }];
}

/**
 * The two keys that serving pods sign with. Deleting the Secret makes new ones; without that the older one is replaced when the
 * newer one is 30 days old. The annotation says all that is needed, so that no key is ever read.
 */
export function signingKeys({ signing, now }: World): readonly Action[] {
  const newest = signing?.ids[1];
  if (newest === undefined) return [{ kind: 'WriteSigningKeys', secret: signing }];
  const age = now.getTime() - signingKeyTime(newest).getTime();
  return age < SIGNING_KEY_DAYS * DAY_MS ? [] : [{ kind: 'WriteSigningKeys', secret: signing }];
}

/** Whether a key that clients may hold is replaced: the hash of another one is published, or pods serve that ask for one. */
function isRotation(world: World): boolean {
  const { apiKey, apiKeys: published } = world;
  if (apiKey?.sha256 === undefined) return published !== undefined || asksForKeys(world);
  // The key is new: the operator died before it published its hash. A hash alone that is gone is published again.
  return published?.sha256 !== undefined && published.sha256 !== apiKey.sha256;
}

function asksForKeys(world: World): boolean {
  const current = currentRevision(world);
  const wanted = apiKeysName(world.model.key.name);
  if (current === undefined) return false;
  return renderedPodTemplate(current).spec.volumes.some(({ secret }) => secret?.secretName === wanted);
}

/** Normal: a deleted Secret is how a key is rotated. */
function rotated({ model }: World): EventNote {
  const note = `Secret ${apiKeyName(model.key.name)} holds a new API key: the old one is refused once the pods have read its hash`;
  return { type: 'Normal', reason: 'ApiKeyRotated', note };
}
