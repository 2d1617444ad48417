import type { ChurnModelSpec } from '@churnops/crds';
import type { DesiredObject } from '../runtime/kube-object.js';
import type { Model } from '../world.js';
import { childLabels, childMetadata } from './ownership.js';

/** The model's HorizontalPodAutoscaler, which scales the Deployment of one revision. */
export function autoscaler(model: Model, revision: string): DesiredObject {
  const { minReplicas, maxReplicas, behavior } = model.spec.autoscaling;
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: childMetadata(model, model.key.name, childLabels(model.key.name, 'serving')),
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: revision },
      minReplicas,
      maxReplicas,
      metrics: metricsOf(model.spec.autoscaling),
      ...(Object.keys(behavior).length === 0 ? {} : { behavior }),
    },
  };
}

function metricsOf({ metrics, targetCpuUtilizationPercent }: ChurnModelSpec['autoscaling']): readonly object[] {
  if (metrics.length > 0) return metrics;
  const target = { type: 'Utilization', averageUtilization: targetCpuUtilizationPercent };
  return [{ type: 'Resource', resource: { name: 'cpu', target } }];
}
