import { describe, expect, it } from '@jest/globals';
import { model, world } from '../fixtures/world-builder.js';
import { networkPolicy } from './network-policy.js';

const { release } = world();

describe('the NetworkPolicy of a model', () => {
  it('opens the API to everyone, metrics to the operator and the scrapers, the peer port to serving pods of the model', () => {
    expect(networkPolicy(model(), release)).toMatchObject({
      metadata: { name: 'telco', namespace: 'retention' },
      spec: {
        podSelector: { matchLabels: { 'churnops.dev/model': 'telco' } },
        policyTypes: ['Ingress'],
        ingress: [
          { ports: [{ protocol: 'TCP', port: 8080 }] },
          {
            from: [
              {
                namespaceSelector: {
                  matchExpressions: [
                    { key: 'kubernetes.io/metadata.name', operator: 'In', values: ['churnops-system', 'monitoring'] },
                  ],
                },
              },
            ],
            ports: [{ protocol: 'TCP', port: 9090 }],
          },
          {
            from: [
              {
                podSelector: {
                  matchLabels: { 'app.kubernetes.io/component': 'serving', 'churnops.dev/model': 'telco' },
                },
              },
            ],
            ports: [{ protocol: 'TCP', port: 8081 }],
          },
        ],
      },
    });
  });

  it('is the same whatever order and repetitions the namespaces come in', () => {
    const scrapeNamespaces = ['monitoring', 'churnops-system', 'monitoring'];
    expect(networkPolicy(model(), { ...release, scrapeNamespaces })).toEqual(networkPolicy(model(), release));
  });
});
