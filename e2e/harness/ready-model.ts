import { at, conditionsOf, type KubeObject } from './kube-object.js';

/** Whether the status is about this generation of the model. */
export function isObserved(model: KubeObject): boolean {
  return at(model, 'status', 'observedGeneration') === model.metadata.generation;
}

/** Whether this generation of the model is served by the revision. */
export function isReady(model: KubeObject, revision: string): boolean {
  return (
    isObserved(model) &&
    conditionsOf(model)['Ready']?.status === 'True' &&
    at(model, 'status', 'current', 'revision') === revision
  );
}
