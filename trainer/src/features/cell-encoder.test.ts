import { readFileSync } from 'node:fs';
import { Feature } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { encodeCell, parseDays } from './cell-encoder.js';

const Cases = z.object({
  groups: z.array(
    z.object({
      title: z.string(),
      feature: Feature,
      cases: z.array(
        z.object({
          cell: z.union([z.string(), z.number(), z.boolean(), z.null()]),
          expected: z.union([z.literal('error'), z.array(z.union([z.number(), z.literal('NaN')]))]),
        }),
      ),
    }),
  ),
});

const file = new URL('../../../crds/src/fixtures/encoding-cases.json', import.meta.url);
const { groups } = Cases.parse(JSON.parse(readFileSync(file, 'utf8')));

describe.each(groups)('$title', ({ feature, cases }) => {
  it.each(cases)('reads $cell as $expected', ({ cell, expected }) => {
    const encoded = encodeCell(feature, cell);
    if (expected === 'error') {
      expect(encoded.kind).toBe('Problem');
      return;
    }
    const wanted = expected.map((value) => (value === 'NaN' ? Number.NaN : Math.fround(value)));
    const got = encoded.kind === 'Values' ? encoded.values.map((value) => Math.fround(value)) : encoded.message;
    expect(got).toEqual(wanted);
  });
});

describe('cells of any text', () => {
  it('always give a problem or as many numbers as the feature is wide', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...groups.map((group) => group.feature)),
        fc.string({ unit: 'grapheme' }),
        (feature, cell) => {
          const encoded = encodeCell(feature, cell);
          expect(encoded.kind === 'Values' ? encoded.values.length : feature.width).toBe(feature.width);
        },
      ),
    );
  });

  it('read every day as JavaScript does', () => {
    const days = fc.date({
      min: new Date('1900-01-01T00:00:00Z'),
      max: new Date('2099-12-31T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(days, (date) => {
        expect(parseDays(date.toISOString())).toBeCloseTo(date.getTime() / 86_400_000, 7);
      }),
    );
  });
});
