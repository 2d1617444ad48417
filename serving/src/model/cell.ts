import type { Encoding, Feature, StoredAs } from '@churnops/crds';

/**
 * How cells arrive. `Json`: typed values, which must fit how the training table stored the column.
 * `Text`: from a CSV file, where every cell is text.
 */
export type CellSource = 'Json' | 'Text';

/** What a cell turned out to be. `Problem` carries the end of a sentence that starts with the column's name. */
export type Cell =
  | { readonly kind: 'Value'; readonly value: number }
  | { readonly kind: 'Category'; readonly position: number }
  | { readonly kind: 'Unseen'; readonly text: string }
  | { readonly kind: 'Missing' }
  | { readonly kind: 'Problem'; readonly message: string; readonly allowed?: readonly string[] };

/** Reads one cell of one feature. */
export type CellReader = (cell: unknown) => Cell;

const missing: Cell = { kind: 'Missing' };

/** Builds the reader of a feature once, so that a request pays for no decision that the contract already took. */
export function cellReader(feature: Feature, source: CellSource): CellReader {
  const read = typedReader(feature.encoding, feature.storedAs);
  const accepts = acceptedTypes(feature, source);
  const refused = wrongType(accepts);
  return (cell) => {
    if (isMissing(cell)) return missing;
    if (!isScalar(cell) || !accepts.has(typeof cell)) return refused;
    return read(typeof cell === 'string' ? cell.trim() : cell);
  };
}

function isMissing(cell: unknown): boolean {
  return cell === undefined || cell === null || (typeof cell === 'string' && cell.trim() === '');
}

function isScalar(cell: unknown): cell is string | number | boolean {
  return typeof cell === 'string' || typeof cell === 'number' || typeof cell === 'boolean';
}

type JsonType = 'string' | 'number' | 'boolean';

/** The JSON types that a feature takes besides null. */
export function acceptedTypes(feature: Feature, source: CellSource): ReadonlySet<string> {
  const types = new Set<JsonType>(jsonTypes[feature.storedAs]);
  if (feature.encoding.kind === 'Boolean') types.add('boolean');
  if (source === 'Text') types.add('string');
  if (feature.encoding.kind === 'Date') return new Set(['string']);
  if (feature.encoding.kind === 'Number' && feature.storedAs !== 'Boolean') types.delete('boolean');
  return types;
}

const jsonTypes = {
  Text: ['string', 'number', 'boolean'],
  Number: ['number'],
  Boolean: ['boolean'],
  Date: ['string'],
} as const satisfies Record<StoredAs, readonly JsonType[]>;

const typeNames: Readonly<Record<string, string>> = { string: 'text', number: 'a number', boolean: 'true or false' };

function wrongType(accepts: ReadonlySet<string>): Cell {
  const names = [...accepts].map((type) => typeNames[type] ?? type);
  return { kind: 'Problem', message: `must be ${names.join(', ')} or null` };
}

function typedReader(encoding: Encoding, storedAs: StoredAs): (cell: string | number | boolean) => Cell {
  switch (encoding.kind) {
    case 'Number':
      return readNumber;
    case 'Date':
      return readDate;
    case 'Boolean':
      return booleanReader(encoding, storedAs);
    case 'OneHot':
    case 'Codes':
      return categoryReader(encoding.categories, storedAs);
  }
}

// Digits can match in one way only: with `\d+\.?\d*` a long run of digits with a letter at its end takes quadratic time.
const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

function readNumber(cell: string | number | boolean): Cell {
  if (typeof cell === 'boolean') return { kind: 'Value', value: cell ? 1 : 0 };
  const number = typeof cell === 'number' ? cell : parseDecimal(cell);
  if (number === undefined) return { kind: 'Problem', message: 'must be a number such as 12 or 29.85' };
  // The matrix is float32: what overflows there would become infinite.
  if (!Number.isFinite(Math.fround(number))) return { kind: 'Problem', message: 'is too large a number' };
  return { kind: 'Value', value: number };
}

function parseDecimal(text: string): number | undefined {
  return decimal.test(text) ? Number(text) : undefined;
}

const isoTime =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))(?:[T ]((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?)(Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?)?$/i;
const badDate: Cell = { kind: 'Problem', message: 'must be a date such as 2026-03-31 or 2026-03-31T08:30:00Z' };

function readDate(cell: string | number | boolean): Cell {
  const match = typeof cell === 'string' ? isoTime.exec(cell) : null;
  if (match === null) return badDate;
  const [, date = '', time = '00:00', zone = 'Z'] = match;
  const milliseconds = Date.parse(`${date}T${time}${zone.toUpperCase().replace(/(\d{2})(\d{2})$/, '$1:$2')}`);
  return isInCalendar(date) ? { kind: 'Value', value: milliseconds / 86_400_000 } : badDate;
}

/** JavaScript rolls 31 April over to 1 May: a day that comes back changed was never in the calendar. */
function isInCalendar(date: string): boolean {
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);
}

function booleanReader(
  spelling: { trueValue: string; falseValue: string },
  storedAs: StoredAs,
): (cell: string | number | boolean) => Cell {
  const { trueValue, falseValue } = spelling;
  const problem: Cell = {
    kind: 'Problem',
    message: `must be "${trueValue}" or "${falseValue}"`,
    allowed: [trueValue, falseValue],
  };
  const yes: Cell = { kind: 'Value', value: 1 };
  const no: Cell = { kind: 'Value', value: 0 };
  const canonicalTrue = canonicalText(trueValue, storedAs);
  const canonicalFalse = canonicalText(falseValue, storedAs);
  return (cell) => {
    if (typeof cell === 'boolean') return cell ? yes : no;
    const text = canonicalText(cell, storedAs);
    if (text === canonicalTrue) return yes;
    return text === canonicalFalse ? no : problem;
  };
}

function categoryReader(categories: readonly string[], storedAs: StoredAs): (cell: string | number | boolean) => Cell {
  const known = new Map<string, Cell>();
  const folded = new Map<string, Cell>();
  for (const [position, category] of categories.entries()) {
    const cell: Cell = { kind: 'Category', position };
    known.set(canonicalText(category, storedAs), cell);
    if (!folded.has(category.toLowerCase())) folded.set(category.toLowerCase(), cell);
  }
  return (cell) => {
    // JSON has one spelling of true and false; the table may write True or TRUE.
    if (typeof cell === 'boolean') return folded.get(String(cell)) ?? { kind: 'Unseen', text: String(cell) };
    const text = canonicalText(cell, storedAs);
    return known.get(text) ?? { kind: 'Unseen', text };
  };
}

/** The text by which a cell is compared: of a column stored as numbers `1.0` and `1` are the same. */
function canonicalText(cell: string | number, storedAs: StoredAs): string {
  if (typeof cell === 'number') return String(cell);
  const text = cell.trim();
  if (storedAs === 'Boolean') return text.toLowerCase();
  if (storedAs !== 'Number') return text;
  const number = parseDecimal(text);
  return number === undefined ? text : String(number);
}
