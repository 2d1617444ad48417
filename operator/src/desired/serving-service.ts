import { labels, ports } from '@churnops/crds';
import type { DesiredObject } from '../runtime/kube-object.js';
import type { Model } from '../world.js';
import { childLabels, childMetadata } from './ownership.js';
import { whereSet } from './pod-settings.js';

/** What the Service, and the scale subresource of the model, select: the serving pods of one revision. */
export function servingSelector(revision: string): Readonly<Record<string, string>> {
  return { [labels.revision]: revision };
}

/** The ports of the model's Service. */
const servicePorts = [
  { name: ports.http.name, port: ports.http.number, targetPort: ports.http.name, protocol: 'TCP', appProtocol: 'http' },
];

/**
 * The model's Service, which sends every request to pods of one revision. What others set stays: their annotations, node ports.
 * An annotation that the user takes out of the spec goes with the next apply, since nobody else owns it.
 */
export function servingService(model: Model, revision: string): DesiredObject {
  const { type, annotations } = model.spec.serving.service;
  const metadata = childMetadata(model, model.key.name, childLabels(model.key.name, 'serving'));
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...metadata, ...whereSet({ annotations }) },
    spec: {
      type,
      selector: servingSelector(revision),
      ports: servicePorts,
    },
  };
}
