import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CellValue, Feature, Manifest } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { CellSource } from './cell.js';
import { rowEncoder } from './row-encoder.js';

const manifest = Manifest.parse(readJson('../fixtures/artifact/manifest.json'));

const EncodingCases = z.object({
  groups: z.array(
    z.object({
      title: z.string(),
      feature: Feature,
      cases: z.array(
        z.object({
          cell: CellValue,
          expected: z.union([z.literal('error'), z.array(z.union([z.number(), z.literal('NaN')]))]),
        }),
      ),
    }),
  ),
});

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(import.meta.dirname, path), 'utf8'));
}

function encode(row: unknown, contract: Manifest = manifest, source: CellSource = 'Json') {
  const encoder = rowEncoder(contract, source);
  const matrix = new Float32Array(encoder.width);
  const outcome = encoder.encode(row, matrix, 0);
  return { outcome, values: [...matrix] };
}

function problems(row: unknown) {
  const { outcome } = encode(row);
  return outcome.kind === 'Refused' ? outcome.problems.map(({ field, message }) => `${field} ${message}`) : [];
}

const customer = {
  tenure: 5,
  total_charges: '29.85',
  contract: 'One year',
  payment_method: 'Credit card',
  paperless_billing: 'Yes',
  signup_date: '1970-01-03',
};

describe.each(EncodingCases.parse(readJson('../../../crds/src/fixtures/encoding-cases.json')).groups)(
  'the contract of trainer and serving: $title',
  ({ feature, cases }) => {
    const contract: Manifest = {
      ...manifest,
      features: [feature],
      columns: [],
      model: { ...manifest.model, width: feature.width },
    };
    it.each(cases)('$cell becomes $expected', ({ cell, expected }) => {
      const { outcome, values } = encode({ [feature.name]: cell }, contract);
      if (expected === 'error') {
        expect(outcome.kind).toBe('Refused');
      } else {
        expect(outcome.kind).toBe('Encoded');
        expect(values).toEqual(expected.map((value) => (value === 'NaN' ? Number.NaN : Math.fround(value))));
      }
    });
  },
);

describe('a row of the table', () => {
  it('is written at its place in the matrix and nowhere else', () => {
    const matrix = new Float32Array(24).fill(-9);
    rowEncoder(manifest).encode(customer, matrix, 8);
    const expected = [5, Math.fround(29.85), 0, 1, 0, 1, 1, 2];
    expect([...matrix]).toEqual([...Array<number>(8).fill(-9), ...expected, ...Array<number>(8).fill(-9)]);
  });

  it('may carry columns that the model does not use, and the entity key without being told so', () => {
    const { outcome } = encode({ ...customer, customer_id: 'C-1', churn: 'No', country: 'US' });
    expect(outcome).toEqual({ kind: 'Encoded', ignoredColumns: ['churn', 'country'], unseen: [] });
  });

  it('may have a category that training never saw', () => {
    const { outcome, values } = encode({ ...customer, contract: 'Weekly', payment_method: 'Cash' });
    expect(outcome).toMatchObject({
      kind: 'Encoded',
      unseen: [
        { feature: 'contract', value: 'Weekly' },
        { feature: 'payment_method', value: 'Cash' },
      ],
    });
    expect(values.slice(2, 6)).toEqual([0, 0, 0, 4]);
  });

  it('is missing what is absent, null or blank', () => {
    const { values } = encode({ tenure: 1, contract: null, payment_method: ' ' });
    expect(values).toEqual([1, ...Array<number>(7).fill(Number.NaN)]);
  });

  it('read from CSV has text in every cell', () => {
    const { outcome, values } = encode({ ...customer, tenure: '5' }, manifest, 'Text');
    expect(outcome.kind).toBe('Encoded');
    expect(values[0]).toBe(5);
  });
});

describe('a row that breaks the contract', () => {
  it.each([
    ['lacks a value that the model needs', { contract: 'One year' }, 'tenure is missing, and this model needs it'],
    ['has text for a number', { tenure: 'five' }, 'tenure must be a number or null'],
    ['has a number as text where the table has numbers', { tenure: '5' }, 'tenure must be a number or null'],
    ['has an object in a cell', { tenure: { value: 5 } }, 'tenure must be a number or null'],
    ['has a list in a cell', { tenure: 1, contract: [] }, 'contract must be text, a number, true or false or null'],
    ['has no number in a text column', { tenure: 1, total_charges: 'a' }, 'total_charges must be a number such as 12'],
    ['has a third boolean', { tenure: 1, paperless_billing: 'Maybe' }, 'paperless_billing must be "Yes" or "No"'],
    ['has no date', { tenure: 1, signup_date: 'soon' }, 'signup_date must be a date such as'],
    ['has a misspelt column', { tenure: 1, Contrakt: 'x' }, 'did you mean "contract"?'],
    [
      'has a column that the table never had',
      { tenure: 1, shoe_size: 42 },
      'shoe_size is not a column of the training',
    ],
    ['has a poisoned key', JSON.parse('{"tenure":1,"__proto__":{"contract":1}}'), '__proto__ is not a column'],
    ['is a list', [], 'The row must be an object'],
    ['is null', null, 'The row must be an object'],
    ['is text', 'tenure', 'The row must be an object'],
  ])('%s', (_, row: unknown, message) => {
    expect(problems(row).join('; ')).toContain(message);
  });

  it('is told everything that is wrong at once', () => {
    expect(problems({ total_charges: 'x', paperless_billing: 'x', contrat: 'x' })).toHaveLength(4);
  });

  it('is told which columns were meant for the first three unknown ones', () => {
    const told = problems({ tenure: 1, tenur: 1, contrat: 1, signupDate: 1, total_charge: 1, countri: 1 });
    expect(told.map((text) => /did you mean "(\w+)"/.exec(text)?.[1])).toEqual([
      'tenure',
      'contract',
      'signup_date',
      undefined,
      undefined,
    ]);
  });

  it('is refused at once where it has a quarter of a million digits and a letter', () => {
    // With a pattern that can match the digits in many ways this takes minutes.
    const digits = `${'1'.repeat(250_000)}x`;
    expect(problems({ tenure: 1, total_charges: digits })).toEqual([
      'total_charges must be a number such as 12 or 29.85',
    ]);
  });

  it('is told 20 problems at most', () => {
    const row = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`column ${index}`, index]));
    expect(problems(row)).toHaveLength(20);
  });
});

it('what every object inherits is no value of a column with that name', () => {
  const [tenure] = manifest.features;
  const contract: Manifest = {
    ...manifest,
    features: [{ ...tenure!, name: 'constructor', missingPolicy: 'Allow' }],
    model: { ...manifest.model, width: 1 },
  };
  expect(encode({}, contract).values).toEqual([Number.NaN]);
  expect(encode({ constructor: 3 }, contract).values).toEqual([3]);
});
