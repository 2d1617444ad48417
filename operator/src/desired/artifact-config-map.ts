import { artifactName } from '../decide/names.js';
import type { DesiredObject } from '../runtime/kube-object.js';
import type { Model, Revision } from '../world.js';
import { childLabels, childMetadata } from './ownership.js';

/** The empty ConfigMap that a revision's training fills. */
export function artifactConfigMap(model: Model, revision: Revision): DesiredObject {
  const labels = childLabels(model.key.name, 'trainer', revision.name);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: childMetadata(model, artifactName(revision.name, model.uid), labels),
  };
}
