import { ChurnModelSpec } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { parseKnown } from './known-fields.js';

const spec = { data: { uri: 's3://lake/telco.csv', label: 'churn' } };
const gate = { metric: 'F1', minValue: '0.5' };

describe('parseKnown', () => {
  it.each([
    ['at the top', { ...spec, tomorrow: true }],
    ['in an object', { data: { ...spec.data, tomorrow: { deep: 1 } } }],
    ['at two places', { ...spec, tomorrow: 1, data: { ...spec.data, tomorrow: 2 } }],
  ])('leaves out a field of a later release %s', (_, later) => {
    expect(parseKnown(ChurnModelSpec, later)).toEqual({ success: true, data: ChurnModelSpec.parse(spec) });
  });

  it('leaves out a field of a later release in an item of a list, and keeps its neighbours', () => {
    const later = { ...spec, training: { gates: [gate, { ...gate, metric: 'Brier', tomorrow: '1' }] } };
    const known = { ...spec, training: { gates: [gate, { ...gate, metric: 'Brier' }] } };
    expect(parseKnown(ChurnModelSpec, later).data).toEqual(ChurnModelSpec.parse(known));
  });

  it('still refuses what is wrong, and names it', () => {
    const { error } = parseKnown(ChurnModelSpec, { ...spec, tomorrow: true, suspend: 'yes' });
    expect(error?.issues.map(({ path }) => path)).toEqual([['suspend']]);
  });
});
