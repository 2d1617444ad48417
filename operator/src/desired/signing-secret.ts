import { annotations } from '@churnops/crds';
import { signingName } from '../decide/names.js';
import type { DesiredObject } from '../runtime/kube-object.js';
import type { SigningKey } from '../signing-key.js';
import type { Model, SigningSecret } from '../world.js';
import { childLabels, childMetadata } from './ownership.js';

/** The Secret with the keys that serving pods sign with, as it is created. */
export function signingSecret(model: Model, keys: readonly SigningKey[]): DesiredObject {
  const { name } = model.key;
  const metadata = childMetadata(model, signingName(name), childLabels(name, 'serving'));
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: { ...metadata, annotations: idsOf(keys.map(({ id }) => id)) },
    stringData: contentOf(keys),
  };
}

/** A merge patch that adds a key and takes the oldest of two away, without reading either. */
export function signingRotation(secret: SigningSecret, added: SigningKey): Readonly<Record<string, unknown>> {
  const [oldest = '', ...kept] = secret.ids;
  return {
    metadata: versionOf(secret, [...kept, added.id]),
    data: { [oldest]: null },
    stringData: contentOf([added]),
  };
}

/** A merge patch that replaces whatever the Secret holds, for one whose annotation does not say what that is. */
export function signingReplacement(
  secret: SigningSecret,
  keys: readonly SigningKey[],
): Readonly<Record<string, unknown>> {
  const ids = keys.map(({ id }) => id);
  return { metadata: versionOf(secret, ids), data: null, stringData: contentOf(keys) };
}

/** The version makes two operators at once take turns: each would add a key of its own. */
function versionOf({ uid, resourceVersion }: SigningSecret, ids: readonly string[]) {
  return { uid, resourceVersion, annotations: idsOf(ids) };
}

function idsOf(ids: readonly string[]): Readonly<Record<string, string>> {
  return { [annotations.signingKeys]: ids.toSorted().join(',') };
}

function contentOf(keys: readonly SigningKey[]): Readonly<Record<string, string>> {
  return Object.fromEntries(keys.map(({ id, key }) => [id, key]));
}
