import { API_VERSION, labels } from '@churnops/crds';
import type { OwnerReference } from '../runtime/kube-object.js';
import type { Model } from '../world.js';

/** The controller reference that every child carries: deleting the model deletes the child. */
function ownerOf(model: Model): OwnerReference {
  return {
    apiVersion: API_VERSION,
    kind: 'ChurnModel',
    name: model.key.name,
    uid: model.uid,
    controller: true,
    // False: a true one needs the right to update finalizers of the owner on clusters that enforce it.
    blockOwnerDeletion: false,
  };
}

/** The value of the label `managedBy` on every child. */
export const MANAGED_BY = 'churnops-operator';

/** Labels of a child of the model; with a revision when it belongs to one. */
export function childLabels(
  model: string,
  component: 'trainer' | 'serving' | 'registry',
  revision?: string,
): Readonly<Record<string, string>> {
  return {
    [labels.name]: 'churnops',
    [labels.component]: component,
    [labels.managedBy]: MANAGED_BY,
    [labels.model]: model,
    ...(revision === undefined ? {} : { [labels.revision]: revision }),
  };
}

/** Metadata of a child of the model, in its namespace. */
export function childMetadata(
  model: Model,
  name: string,
  childLabels: Readonly<Record<string, string>>,
): { name: string; namespace: string; labels: Readonly<Record<string, string>>; ownerReferences: OwnerReference[] } {
  return { name, namespace: model.key.namespace, labels: childLabels, ownerReferences: [ownerOf(model)] };
}
