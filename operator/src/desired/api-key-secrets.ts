import { annotations, API_KEY_FIELD } from '@churnops/crds';
import type { ApiKeyEntry } from '@churnops/crds';
import { apiKeyName, apiKeysName } from '../decide/names.js';
import type { DesiredObject } from '../runtime/kube-object.js';
import type { Model } from '../world.js';
import { childLabels, childMetadata } from './ownership.js';

/** The id of the key that the operator generates: the file name in `<model>-api-keys`. */
const KEY_ID = 'generated';

/** The Secret with the key in clear, for its owner. No pod mounts it. */
export function apiKeySecret(model: Model, key: string, sha256: string): DesiredObject {
  return secret(model, apiKeyName(model.key.name), sha256, { [API_KEY_FIELD]: key });
}

/** The Secret that the serving pods mount: which keys are accepted, by their hashes. */
export function apiKeysSecret(model: Model, sha256: string, now: Date): DesiredObject {
  const entry: ApiKeyEntry = { sha256, scopes: ['predict'], createdTime: now.toISOString() };
  return secret(model, apiKeysName(model.key.name), sha256, { [KEY_ID]: JSON.stringify(entry) });
}

function secret(model: Model, name: string, sha256: string, stringData: Record<string, string>): DesiredObject {
  const metadata = childMetadata(model, name, childLabels(model.key.name, 'serving'));
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: { ...metadata, annotations: { [annotations.keySha256]: sha256 } },
    stringData,
  };
}
