import { describe, expect, it } from '@jest/globals';
import { model } from '../fixtures/world-builder.js';
import { servingService } from './serving-service.js';

describe('the Service of a model', () => {
  it('has the type and annotations of the spec', () => {
    const annotations = { 'example.com/internal': 'true' };
    const service = servingService(model({ serving: { service: { type: 'LoadBalancer', annotations } } }), 'telco-1');
    expect(service).toMatchObject({ metadata: { annotations }, spec: { type: 'LoadBalancer' } });
  });

  it('names no annotation otherwise, so that those of others are none of our business', () => {
    expect(servingService(model(), 'telco-1').metadata).not.toHaveProperty('annotations');
  });
});
