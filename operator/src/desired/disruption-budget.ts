import type { DesiredObject } from '../runtime/kube-object.js';
import type { Model } from '../world.js';
import { childLabels, childMetadata } from './ownership.js';
import { servingSelector } from './serving-service.js';

/**
 * A PodDisruptionBudget of the model: its own unless it is named otherwise (`previousBudgetName`). It covers the pods of one
 * revision only: with those of a candidate that never gets ready in it, no healthy pod could be evicted, and no node drained.
 */
export function disruptionBudget(model: Model, revision: string, name: string = model.key.name): DesiredObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: childMetadata(model, name, childLabels(model.key.name, 'serving')),
    spec: {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: servingSelector(revision) },
    },
  };
}
