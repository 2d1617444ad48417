import type { Feature } from '@churnops/crds';
import { expect, it } from '@jest/globals';
import { featureSchema } from './feature-schema.js';

const feature: Feature = {
  name: 'contract',
  type: 'Categorical',
  storedAs: 'Text',
  missingPolicy: 'Reject',
  encoding: { kind: 'OneHot', categories: ['One year', 'Two year'] },
  offset: 0,
  width: 2,
  missingShare: 0,
};

it.each<[string, Partial<Feature>, object]>([
  ['lists categories', {}, { 'x-categories': ['One year', 'Two year'], examples: ['One year'] }],
  [
    'says what must be given',
    {},
    { description: 'One of: One year, Two year. Another value counts as other. Must be given.' },
  ],
  ['takes numbers', { encoding: { kind: 'Number' }, storedAs: 'Number' }, { type: ['number', 'null'] }],
  ['takes dates', { encoding: { kind: 'Date' }, storedAs: 'Date' }, { type: ['string', 'null'], format: 'date-time' }],
])('%s', (_, difference, expected) => {
  expect(featureSchema({ ...feature, ...difference }, 'One year')).toMatchObject(expected);
});
