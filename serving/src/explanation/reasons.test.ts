import type { Feature } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ExplainedFeature } from './reasons.js';
import { explainedFeatures, reasonsOf } from './reasons.js';

const features: readonly ExplainedFeature[] = [
  { name: 'tenure', offset: 0, width: 1, isProtected: false },
  { name: 'contract', offset: 1, width: 3, isProtected: false },
  { name: 'gender', offset: 4, width: 2, isProtected: true },
  { name: 'country', offset: 6, width: 1, isProtected: false },
];

const contributions = Float64Array.of(-0.25, 0.5, 0.25, -0.125, 4, -1, 0);

describe('reasons', () => {
  it('are of whole features, the strongest first, without the protected ones and those that say nothing', () => {
    expect(reasonsOf(-1, contributions, features, 5)).toEqual({
      base: -1,
      features: [
        { feature: 'contract', contribution: 0.625 },
        { feature: 'tenure', contribution: -0.25 },
      ],
      other: 3,
    });
  });

  it('count what is not listed as other', () => {
    expect(reasonsOf(-1, contributions, features, 1)).toEqual({
      base: -1,
      features: [{ feature: 'contract', contribution: 0.625 }],
      other: 2.75,
    });
  });

  it('add up, however many are listed', () => {
    const value = fc.double({ min: -50, max: 50, noNaN: true });
    const column = fc.array(value, { minLength: 7, maxLength: 7 });
    const property = fc.property(value, column, fc.nat({ max: 5 }), (base, columns, listed) => {
      const reasons = reasonsOf(base, Float64Array.from(columns), features, listed);
      const sum = reasons.features.reduce(
        (total, { contribution }) => total + contribution,
        reasons.base + reasons.other,
      );
      const expected = columns.reduce((total, each) => total + each, base);
      expect(Math.abs(sum - expected)).toBeLessThanOrEqual(1e-9);
    });
    fc.assert(property);
  });

  it('know a protected feature by the slices that it was judged on', () => {
    const feature = {
      type: 'Categorical',
      storedAs: 'Text',
      missingPolicy: 'Allow',
      offset: 0,
      missingShare: 0,
    } as const;
    const encoding: Feature['encoding'] = { kind: 'OneHot', categories: ['a'] };
    const given = ['plan', 'gender'].map((name) => ({ ...feature, encoding, name, width: 1 }));
    const slices = [{ feature: 'gender', value: 'a', rows: 3, positives: 1, flaggedShare: 0 }];
    const names = (of: readonly ExplainedFeature[]) =>
      of.filter(({ isProtected }) => isProtected).map(({ name }) => name);
    expect(names(explainedFeatures({ features: given, slices }))).toEqual(['gender']);
    expect(names(explainedFeatures({ features: given }))).toEqual([]);
  });
});
