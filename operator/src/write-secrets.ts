import { FIELD_MANAGER } from '@churnops/crds';
import { generateApiKey } from './api-key.js';
import type { Action, EventNote } from './decide/action.js';
import { apiKeySecret, apiKeysSecret } from './desired/api-key-secrets.js';
import { signingReplacement, signingRotation, signingSecret } from './desired/signing-secret.js';
import { kinds } from './kinds.js';
import { liveChild, unlessGone } from './live-child.js';
import { keyOf } from './runtime/index.js';
import type { ClusterClient, DesiredObject, KubeObject } from './runtime/index.js';
import { generateSigningKey } from './signing-key.js';
import type { World } from './world.js';

interface SecretWriter {
  readonly cluster: ClusterClient;
  readonly tell: (regarding: KubeObject, event: EventNote) => void;
}

const manager = { fieldManager: FIELD_MANAGER };

/** Publishes the hash of the API key that is there; without one, makes a key before. */
export async function writeApiKey(
  { cluster, tell }: SecretWriter,
  { model, now }: World,
  { sha256, event }: Extract<Action, { kind: 'WriteApiKey' }>,
): Promise<void> {
  await publish(cluster, apiKeysSecret(model, sha256 ?? (await newApiKey(cluster, model)), now));
  if (event !== undefined) tell(model.object, event);
}

/** Makes the Secret with two signing keys, or brings one that is there up to date in one write. */
export async function writeSigningKeys(
  { cluster }: SecretWriter,
  { model, now }: World,
  { secret }: Extract<Action, { kind: 'WriteSigningKeys' }>,
): Promise<void> {
  const first = generateSigningKey(now);
  const both = [first, generateSigningKey(now)];
  const made = signingSecret(model, both);
  if (secret !== undefined) {
    const patch = secret.ids.length === 0 ? signingReplacement(secret, both) : signingRotation(secret, first);
    await unlessGone(cluster.mergePatch(kinds.secret, keyOf(made), patch, manager));
  } else if ((await liveChild(cluster, made)) === undefined) {
    await cluster.create(kinds.secret, made, manager);
  }
}

/** The hex SHA-256 of a key that is in its Secret by now. */
async function newApiKey(cluster: ClusterClient, model: World['model']): Promise<string> {
  const { key, sha256 } = generateApiKey();
  await publish(cluster, apiKeySecret(model, key, sha256));
  return sha256;
}

/** Creates a Secret, or writes over ours: both without ever reading its content. */
async function publish(cluster: ClusterClient, secret: DesiredObject): Promise<void> {
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
