import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Encoding, Feature, StoredAs } from '@churnops/crds';
import { Manifest } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { rowEncoder } from './row-encoder.js';

const fixture = join(import.meta.dirname, '..', 'fixtures', 'artifact', 'manifest.json');
const manifest = Manifest.parse(JSON.parse(readFileSync(fixture, 'utf8')));

/**
 * The contract of a JSON row as `Encoding` and the API tell it, in the plainest form: the matrix row, or undefined for a row that is
 * refused. Shares nothing with the server's code.
 */
function byContract({ columns, features, entityKey }: Manifest, row: Readonly<Record<string, unknown>>) {
  const names = [...columns, ...features].map(({ name }) => name).concat(entityKey ?? []);
  if (Object.keys(row).some((name) => !names.includes(name))) return undefined;
  const values = features.map((feature) => {
    const cell = Object.hasOwn(row, feature.name) ? row[feature.name] : null;
    if (cell !== null && !(typeof cell === 'string' && cell.trim() === '')) return presentCell(feature, cell);
    return feature.missingPolicy === 'Allow' ? Array<number>(feature.width).fill(Number.NaN) : undefined;
  });
  return values.some((value) => value === undefined) ? undefined : values.flatMap((value) => value ?? []);
}

type Scalar = string | number | boolean;

function presentCell({ encoding, storedAs }: Feature, cell: unknown): number[] | undefined {
  if (typeof cell !== 'string' && typeof cell !== 'number' && typeof cell !== 'boolean') return undefined;
  return fitsColumn(cell, encoding, storedAs) ? encodedCell(cell, encoding, storedAs) : undefined;
}

function encodedCell(cell: Scalar, encoding: Encoding, storedAs: StoredAs): number[] | undefined {
  switch (encoding.kind) {
    case 'Number':
      return finite(decimal(String(cell).trim()));
    case 'Date':
      return finite(days(String(cell).trim()));
    case 'Boolean':
      return truth(cell, same(cell, encoding.trueValue, storedAs), same(cell, encoding.falseValue, storedAs));
    case 'OneHot':
      return encoding.categories.map((category) => Number(same(cell, category, storedAs)));
    case 'Codes':
      return [
        position(
          encoding.categories.findIndex((category) => same(cell, category, storedAs)),
          encoding.categories,
        ),
      ];
  }
}

function truth(cell: Scalar, isTrue: boolean, isFalse: boolean): number[] | undefined {
  if (typeof cell === 'boolean') return [Number(cell)];
  return isTrue || isFalse ? [Number(isTrue)] : undefined;
}

function position(found: number, { length }: readonly string[]): number {
  return found < 0 ? length : found;
}

/** Whether a column takes this JSON type: as the table stored it, numbers and booleans also where it stored text. */
function fitsColumn(cell: Scalar, { kind }: Encoding, storedAs: StoredAs): boolean {
  if (kind === 'Date' || storedAs === 'Date') return typeof cell === 'string';
  if (storedAs === 'Text') return kind !== 'Number' || typeof cell !== 'boolean';
  if (kind === 'Boolean' && typeof cell === 'boolean') return true;
  return typeof cell === (storedAs === 'Number' ? 'number' : 'boolean');
}

function same(cell: Scalar, spelled: string, storedAs: StoredAs): boolean {
  if (typeof cell === 'boolean') return spelled.toLowerCase() === String(cell);
  if (storedAs === 'Number' && typeof cell === 'number') return decimal(spelled) === cell;
  return String(cell).trim() === spelled;
}

/** NaN for what is no decimal number; JavaScript reads hexadecimal ones and `Infinity` too. */
function decimal(text: string): number {
  return /^[\d+\-.eE]*$/.test(text) ? Number(text) : Number.NaN;
}

function finite(value: number): number[] | undefined {
  return Number.isFinite(Math.fround(value)) ? [value] : undefined;
}

/** Days since 1970; NaN for what is no date of the calendar, with or without a time. */
function days(text: string): number {
  const [date, time] = [text.slice(0, 10), text.slice(10)];
  const midnight = /^\d{4}-\d\d-\d\d$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  // JavaScript takes 30 February for 2 March.
  const real = !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(date);
  return real ? midnight / 86_400_000 + shareOfDay(time) : Number.NaN;
}

/** Of a time such as `T08:30` or ` 08:30:15.250`, without a zone, with Z, or with one such as +02:00 or +0200. */
function shareOfDay(time: string): number {
  if (time === '') return 0;
  const match = /^[T ](\d\d):(\d\d)(?::(\d\d(?:\.\d{1,9})?))?(?:Z|([+-])(\d\d):?(\d\d))?$/i.exec(time);
  const [hour, minute, second, zoneHour, zoneMinute] = [1, 2, 3, 5, 6].map((group) => Number(match?.[group] ?? 0));
  const inside = [hour! < 24, minute! < 60, second! < 60, zoneHour! < 24, zoneMinute! < 60].every(Boolean);
  if (match === null || !inside) return Number.NaN;
  const zone = (zoneHour! * 60 + zoneMinute!) * (match[4] === '-' ? -1 : 1);
  return ((hour! * 60 + minute! - zone) * 60 + second!) / 86_400;
}

// Distinct also as numbers and without regard to case, so that the contract leaves no choice between two.
const spellings = ['Yes', 'No', '1', '0', '29.85', '1e3', 'true', 'FALSE', 'é', '2026-03-31', '-3', 'constructor'];
const categories = fc.uniqueArray(fc.constantFrom(...spellings), { minLength: 2, maxLength: 6 });

/** An encoding with a column that the trainer encodes so. */
const encoded: fc.Arbitrary<{ encoding: Encoding; storedAs: StoredAs }> = fc.oneof(
  fc.record({ encoding: fc.constant({ kind: 'Number' as const }), storedAs: fc.constantFrom('Text', 'Number') }),
  fc.record({ encoding: fc.constant({ kind: 'Date' as const }), storedAs: fc.constantFrom('Text', 'Date') }),
  fc.record({
    encoding: categories.map(([trueValue = '', falseValue = '']) => ({
      kind: 'Boolean' as const,
      trueValue,
      falseValue,
    })),
    storedAs: fc.constantFrom('Text', 'Number'),
  }),
  fc.constant({
    encoding: { kind: 'Boolean' as const, trueValue: 'true', falseValue: 'false' },
    storedAs: 'Boolean' as const,
  }),
  fc.record({
    encoding: fc.record({ kind: fc.constantFrom('OneHot' as const, 'Codes' as const), categories }),
    storedAs: fc.constantFrom('Text', 'Number'),
  }),
);

const names = ['constructor', '__proto__', 'tenure'];
const others = ['customer_id', 'country', 'shoe_size', 'Tenure', 'hasOwnProperty'];

const contract: fc.Arbitrary<Manifest> = fc
  .array(
    fc.record({ encoded, missingPolicy: fc.constantFrom('Allow' as const, 'Allow' as const, 'Reject' as const) }),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  .map((given) => {
    let next = 0;
    const features = given.map(({ encoded: { encoding, storedAs }, missingPolicy }, index): Feature => {
      const width = encoding.kind === 'OneHot' ? encoding.categories.length : 1;
      const offset = next;
      next += width;
      const name = names[index] ?? '';
      return { name, type: 'Categorical', storedAs, missingPolicy, encoding, offset, width, missingShare: 0 };
    });
    const country = { name: 'country', storedAs: 'Text' as const, role: 'Dropped' as const, reason: 'constant' };
    return { ...manifest, features, columns: [country], model: { ...manifest.model, width: next } };
  });

const moment = fc.tuple(
  fc.constantFrom('1970-01-01', '2024-02-29', '2026-02-29', '2026-13-01', '2026-3-1', '1999-12-31', '2026-00-10'),
  fc.constantFrom('', 'T08:30', ' 23:59:59.123456789', 't00:00:60', 'T24:00', 'T8:30', 'T12:00:00.', 'T1:2:3:4', 'TT'),
  fc.constantFrom('', 'Z', 'z', '+02:00', '-1130', '+2', '+24:00', 'ZZ'),
);
const text = fc.oneof(
  fc.constantFrom(
    ...spellings,
    '',
    ' ',
    ' Yes ',
    'yes',
    '1.0',
    '01',
    '+1.',
    '.5',
    '.',
    '1e',
    '0x10',
    'Infinity',
    'NaN',
    '1 2',
    '1e39',
    '١',
  ),
  moment.map((parts) => parts.join('')),
  fc.double().map(String),
  fc.string(),
);
const number = fc.oneof(
  fc.constantFrom(0, -0, 1, 29.85, 1000, -3, 3.4028235e38, 3.4028236e38, 1e308),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const cell = fc.oneof(text, number, fc.constantFrom(true, false, null), fc.jsonValue({ maxDepth: 1 }));

/** As a request carries it: in JSON `__proto__` is a name like any other. */
const row = fc
  .array(fc.tuple(fc.oneof({ arbitrary: fc.constantFrom(...names), weight: 20 }, fc.constantFrom(...others)), cell), {
    maxLength: 4,
  })
  .map((cells) => `{${cells.map((pair) => pair.map((part) => JSON.stringify(part)).join(':')).join(',')}}`);

function parsed(json: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(json);
  // Not by a schema, which would give `__proto__` a meaning.
  if (!isObject(value)) throw new Error(`${json} is no object`);
  return value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

describe('the encoder of a row', () => {
  it('accepts and writes exactly what the contract says, told in the plainest form', () => {
    const seen = { accepted: 0, refused: 0 };
    const property = fc.property(contract, fc.array(row, { minLength: 1, maxLength: 5 }), (given, rows) => {
      const encoder = rowEncoder(given);
      for (const json of rows) {
        const matrix = new Float32Array(encoder.width);
        const { kind } = encoder.encode(parsed(json), matrix, 0);
        const expected = byContract(given, parsed(json));
        expect({ json, values: kind === 'Refused' ? undefined : [...matrix] }).toEqual({
          json,
          values: expected?.map(Math.fround),
        });
        seen[kind === 'Refused' ? 'refused' : 'accepted'] += 1;
      }
    });
    fc.assert(property, { numRuns: 3_000 });
    // Else the property says little.
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(500);
  });
});
