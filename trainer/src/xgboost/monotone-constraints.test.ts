import type { Feature } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { monotoneConstraints } from './monotone-constraints.js';

function feature(name: string, encoding: Feature['encoding'], width = 1): Feature {
  const rest = { type: 'Numeric', storedAs: 'Number', missingPolicy: 'Allow', offset: 0, missingShare: 0 } as const;
  return { name, encoding, width, ...rest };
}

const features = [
  feature('plan', { kind: 'OneHot', categories: ['a', 'b'] }, 2),
  feature('tenure', { kind: 'Number' }),
  feature('spend', { kind: 'Number' }),
];

function override(name: string, monotonic: 'None' | 'Increasing' | 'Decreasing') {
  return { name, missingPolicy: 'Allow', monotonic } as const;
}

describe('monotonic features', () => {
  it('constrain their column of the matrix', () => {
    const wanted = [override('tenure', 'Decreasing'), override('spend', 'Increasing')];
    expect(monotoneConstraints(features, wanted)).toEqual({ monotone_constraints: '(0,0,-1,1)' });
  });

  it('are no parameter when there are none', () => {
    expect(monotoneConstraints(features, [override('plan', 'None')])).toEqual({});
  });

  it('can not be categories', () => {
    expect(() => monotoneConstraints(features, [override('plan', 'Increasing')])).toThrow('"plan" is categorical');
  });
});
