import { describe, expect, it } from '@jest/globals';
import type { Contract } from '../../world.js';
import { contractChanges } from './contract-changes.js';

const tenure = { name: 'tenure', storedAs: 'Number', missingPolicy: 'Allow' } as const;
const plan = { name: 'plan', storedAs: 'Text', missingPolicy: 'Allow' } as const;
const contract = (features: Contract['features'], others: readonly string[] = []): Contract => ({
  columns: [...features.map(({ name }) => name), ...others].map((name) => ({ name })),
  features,
  data: { rows: 7_043 },
});

describe('what a next revision refuses that the one before answers', () => {
  it.each<[string, Contract, Contract, readonly string[]]>([
    ['nothing, of the same contract', contract([tenure, plan]), contract([tenure, plan]), []],
    ['nothing, when a feature is left out of the model', contract([tenure, plan]), contract([tenure], ['plan']), []],
    [
      'nothing, when a value may be missing now',
      contract([{ ...plan, missingPolicy: 'Reject' }]),
      contract([plan]),
      [],
    ],
    ['nothing, when any text will do', contract([{ ...plan, storedAs: 'Boolean' }]), contract([plan]), []],
    ['nothing, for a new column that may be missing and holds text', contract([tenure]), contract([tenure, plan]), []],
    ['a column that the table lost', contract([tenure, plan]), contract([tenure]), ['plan is no column any more']],
    [
      'rows without a column that is required',
      contract([tenure]),
      contract([{ ...tenure, missingPolicy: 'Reject' }]),
      ['tenure is required'],
    ],
    [
      'rows without a new column that is required',
      contract([tenure]),
      contract([tenure, { ...plan, missingPolicy: 'Reject' }]),
      ['plan is required'],
    ],
    [
      'words where there must be a number',
      contract([{ ...tenure, storedAs: 'Text' }]),
      contract([tenure]),
      ['tenure must be a Number'],
    ],
    [
      'words in a column that was not looked at before',
      contract([plan], ['tenure']),
      contract([plan, tenure]),
      ['tenure must be a Number'],
    ],
  ])('%s', (_, before, now, changes) => {
    expect(contractChanges(before, now)).toEqual(changes);
  });

  it('names no more than fit into a status', () => {
    const many = Array.from({ length: 50 }, (_, index) => ({ ...plan, name: `column${index}` }));
    expect(contractChanges(contract(many), contract([tenure]))).toHaveLength(32);
  });
});
