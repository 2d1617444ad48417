import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { BucketHistogram } from './bucket-histogram.js';

const buckets = [0.001, 0.01, 0.1];
const options = { name: 'seconds', help: 'Time', labelNames: ['route'] };

it('a histogram in arrays is exposed as one of prom-client', async () => {
  const seconds = fc.oneof(fc.constantFrom(0, ...buckets), fc.double({ min: 0, max: 1, noNaN: true }));
  const observations = fc.array(fc.tuple(fc.constantFrom('/predict', '/model', 'unmatched'), seconds));
  const property = fc.asyncProperty(observations, async (observed) => {
    const registries = [new Registry(), new Registry()] as const;
    for (const registry of registries) registry.setDefaultLabels({ model: 'telco' });
    const usual = new Histogram({ ...options, buckets, registers: [registries[0]] });
    const inArrays = new BucketHistogram({ ...options, buckets, registers: [registries[1]] });
    for (const [route, value] of observed) {
      usual.observe({ route }, value);
      inArrays.count(route, value);
    }
    expect(await registries[1].metrics()).toBe(await registries[0].metrics());
    expect(await usual.get()).toMatchObject(await inArrays.get());
  });
  await fc.assert(property);
});
