import type { Encoding, Feature, StoredAs } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { featureWriter } from './feature-writer.js';
import { quickFeatureWriter } from './quick-feature-writer.js';

const texts = [
  'Yes',
  'No',
  'yes',
  '1',
  '0',
  '1.0',
  '01',
  '1e0',
  'true',
  'FALSE',
  ' Yes ',
  '',
  ' ',
  '-0',
  '2026-03-31',
  'NaN',
  'é',
];
const numbers = [
  0,
  -0,
  1,
  -1,
  29.85,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 128,
  2 ** 128 - 2 ** 103,
  -(2 ** 128 - 2 ** 104),
];

const categories = fc.uniqueArray(fc.oneof(fc.constantFrom(...texts), fc.string()), { minLength: 1, maxLength: 6 });
const encoding: fc.Arbitrary<Encoding> = fc.oneof(
  fc.constantFrom({ kind: 'Number' as const }, { kind: 'Date' as const }),
  fc.record({
    kind: fc.constant('Boolean' as const),
    trueValue: fc.constantFrom(...texts),
    falseValue: fc.constantFrom(...texts),
  }),
  fc.record({ kind: fc.constantFrom('OneHot' as const, 'Codes' as const), categories }),
);
const feature = fc.record({
  name: fc.constantFrom('tenure', 'constructor', '__proto__'),
  storedAs: fc.constantFrom<StoredAs>('Text', 'Number', 'Boolean', 'Date'),
  missingPolicy: fc.constantFrom('Allow' as const, 'Reject' as const),
  encoding,
  offset: fc.nat({ max: 3 }),
});
const cell = fc.oneof(
  fc.constantFrom(...texts, ...numbers, true, false, null, undefined),
  fc.double(),
  fc.string(),
  fc.anything(),
);

/** What a writer makes of a cell at the second row of a matrix, and what it notes. */
function outcomeOf(writer: typeof featureWriter, described: Feature, source: 'Json' | 'Text', given: unknown) {
  const width = described.offset + described.width;
  const matrix = new Float32Array(width * 3).fill(-9);
  const notes = { ignored: [], unseen: [], problems: [] };
  writer(described, source)(Object.fromEntries([[described.name, given]]), matrix, width, notes);
  // A row that is refused leaves its part of the matrix undefined.
  return { notes, values: notes.problems.length > 0 ? [] : [...matrix] };
}

describe('the quick writer of a feature', () => {
  it('accepts, refuses, notes and writes exactly what the contract in full does', () => {
    const property = fc.property(feature, fc.constantFrom('Json', 'Text'), fc.array(cell), (given, source, cells) => {
      const width = given.encoding.kind === 'OneHot' ? given.encoding.categories.length : 1;
      const described: Feature = { ...given, width, type: 'Categorical', missingShare: 0 };
      const spelled = 'categories' in given.encoding ? given.encoding.categories : [];
      for (const each of [...cells, ...spelled]) {
        expect(outcomeOf(quickFeatureWriter, described, source, each)).toEqual(
          outcomeOf(featureWriter, described, source, each),
        );
      }
    });
    fc.assert(property, { numRuns: 2_000 });
  });
});
