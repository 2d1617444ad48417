import { describe, expect, it } from '@jest/globals';
import { previousBudgetName } from '../decide/names.js';
import { model } from '../fixtures/world-builder.js';
import { autoscaler } from './autoscaler.js';
import { disruptionBudget } from './disruption-budget.js';

const metrics = [{ type: 'Pods', pods: { metric: { name: 'requests' }, target: { type: 'AverageValue' } } }];
const behavior = { scaleDown: { stabilizationWindowSeconds: 600 } };

describe('the autoscaler', () => {
  it('aims at the CPU target between the bounds', () => {
    const spec = { autoscaling: { minReplicas: 3, maxReplicas: 4, targetCpuUtilizationPercent: 55 } };
    expect(autoscaler(model(spec), 'telco-7')['spec']).toEqual({
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'telco-7' },
      minReplicas: 3,
      maxReplicas: 4,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 55 } } },
      ],
    });
  });

  it('passes on metrics and behavior as they were written', () => {
    expect(autoscaler(model({ autoscaling: { metrics, behavior } }), 'telco-7')['spec']).toMatchObject({
      metrics,
      behavior,
    });
  });
});

describe('the disruption budget', () => {
  it('covers the pods of one revision, and holds up no eviction of those that are not ready', () => {
    expect(disruptionBudget(model(), 'telco-7')['spec']).toEqual({
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: { 'churnops.dev/revision': 'telco-7' } },
    });
  });

  it('of the pods that are kept to go back to has a name that no model can have', () => {
    const { metadata, spec } = disruptionBudget(model(), 'telco-6', previousBudgetName('telco'));
    expect(metadata.name).toMatch(/^telco\.[a-z]+$/);
    expect(spec).toMatchObject({ selector: { matchLabels: { 'churnops.dev/revision': 'telco-6' } } });
  });
});
