import { servingAccountName } from '../decide/names.js';
import type { DesiredObject } from '../runtime/kube-object.js';
import type { Model } from '../world.js';
import { childLabels, childMetadata } from './ownership.js';

/** What serving pods run as unless the user names another one. They call no API: it has no right, and no token is mounted. */
export function servingServiceAccount(model: Model): DesiredObject {
  const { name } = model.key;
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: childMetadata(model, servingAccountName(name), childLabels(name, 'serving')),
    automountServiceAccountToken: false,
  };
}
