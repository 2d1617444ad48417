import type { CellValue, Encoding, Feature, StoredAs } from '@churnops/crds';

/** A cell as columns of the matrix, or the end of a sentence that starts with the column's name. */
export type EncodedCell =
  | { readonly kind: 'Values'; readonly values: readonly number[] }
  | { readonly kind: 'Problem'; readonly message: string };

type Present = string | number | boolean;
type Reader = (cell: Present) => EncodedCell;

const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const isoTime = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?:(:\d{2})(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/i;

/** A trimmed text as a number, or undefined when it is not a decimal such as `12`, `-0.5` or `1e3`. */
export function parseDecimal(text: string): number | undefined {
  return decimal.test(text) ? Number(text) : undefined;
}

/** A trimmed ISO 8601 text as days since 1970-01-01T00:00:00Z, or undefined when it is no such date. Without a zone it is UTC. */
export function parseDays(text: string): number | undefined {
  const match = isoTime.exec(text);
  return match === null ? undefined : daysOf(match);
}

function daysOf(match: RegExpExecArray): number | undefined {
  const [, day = '', minute = '00:00', second = ':00', fraction = '0', zone = 'Z'] = match;
  const wallClock = `${day}T${minute}${second}`;
  const milliseconds = Date.parse(`${wallClock}Z`);
  // JavaScript rolls 31 April and 24:00 over to the next day: what comes back changed was never in the calendar.
  if (Number.isNaN(milliseconds)) return undefined;
  if (!new Date(milliseconds).toISOString().startsWith(wallClock)) return undefined;
  const midnight = Math.floor(milliseconds / 86_400_000);
  const seconds = milliseconds / 1000 - midnight * 86_400 + Number(fraction) - zoneSeconds(zone);
  return midnight + seconds / 86_400;
}

function zoneSeconds(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0;
  const seconds = Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(-2)) * 60;
  return zone.startsWith('-') ? -seconds : seconds;
}

/** The text by which a present cell is compared: in a column stored as numbers `1.0` and `1` are the same. */
function canonicalText(cell: Present, storedAs: StoredAs): string {
  if (typeof cell === 'number') return String(cell);
  const text = String(cell).trim();
  if (storedAs === 'Boolean') return text.toLowerCase();
  if (storedAs !== 'Number') return text;
  return String(parseDecimal(text) ?? text);
}

/** Encodes one cell; see `Encoding` in the contracts for the rules. */
export function encodeCell(feature: Feature, cell: CellValue): EncodedCell {
  return cellEncoder(feature)(cell);
}

/** Compiles the rules of a feature once, for all its cells. */
export function cellEncoder(feature: Feature): (cell: CellValue) => EncodedCell {
  const read = reader(feature.encoding, feature.storedAs);
  const accepted = acceptedTypes(feature);
  const missing = values(Array.from({ length: feature.width }, () => Number.NaN));
  return (cell) => {
    if (cell === null || (typeof cell === 'string' && cell.trim() === '')) return missing;
    return accepted.has(typeof cell) ? read(cell) : problem(`has a value that is not ${[...accepted].join(' or ')}`);
  };
}

const jsonTypes = {
  Text: ['string', 'number', 'boolean'],
  Number: ['number'],
  Boolean: ['boolean'],
  Date: ['string'],
} as const satisfies Record<StoredAs, readonly string[]>;

function acceptedTypes({ encoding, storedAs }: Feature): ReadonlySet<string> {
  if (encoding.kind === 'Date') return new Set(['string']);
  const types = new Set<string>(jsonTypes[storedAs]);
  if (encoding.kind === 'Boolean') types.add('boolean');
  if (encoding.kind === 'Number' && storedAs !== 'Boolean') types.delete('boolean');
  return types;
}

function reader(encoding: Encoding, storedAs: StoredAs): Reader {
  switch (encoding.kind) {
    case 'Number':
      return readNumber;
    case 'Date':
      return readDate;
    case 'Boolean':
      return booleanReader(encoding, storedAs);
    case 'OneHot':
      return categoryReader(encoding.categories, storedAs, (position) =>
        encoding.categories.map((_, index) => (index === position ? 1 : 0)),
      );
    case 'Codes':
      return categoryReader(encoding.categories, storedAs, (position) => [position ?? encoding.categories.length]);
  }
}

function readNumber(cell: Present): EncodedCell {
  if (typeof cell === 'boolean') return values([cell ? 1 : 0]);
  const number = typeof cell === 'number' ? cell : parseDecimal(cell.trim());
  if (number === undefined) return problem('has a value that is not a number');
  // The matrix is float32: what overflows there would become infinite.
  return Number.isFinite(Math.fround(number)) ? values([number]) : problem('has a number that is too large');
}

function readDate(cell: Present): EncodedCell {
  const days = parseDays(String(cell).trim());
  return days === undefined ? problem('has a value that is not a date such as 2026-03-31') : values([days]);
}

function booleanReader(spelling: { trueValue: string; falseValue: string }, storedAs: StoredAs): Reader {
  const yes = canonicalText(spelling.trueValue, storedAs);
  const no = canonicalText(spelling.falseValue, storedAs);
  return (cell) => {
    if (typeof cell === 'boolean') return values([cell ? 1 : 0]);
    const text = canonicalText(cell, storedAs);
    if (text === yes) return values([1]);
    return text === no ? values([0]) : problem('has more than two values');
  };
}

function categoryReader(
  categories: readonly string[],
  storedAs: StoredAs,
  columns: (position: number | undefined) => readonly number[],
): Reader {
  const known = new Map<string, EncodedCell>();
  const folded = new Map<string, EncodedCell>();
  for (const [position, category] of categories.entries()) {
    const cell = values(columns(position));
    known.set(canonicalText(category, storedAs), cell);
    const lower = category.toLowerCase();
    if (!folded.has(lower)) folded.set(lower, cell);
  }
  const unseen = values(columns(undefined));
  return (cell) => {
    // JSON has one spelling of true and false; the table may write True or TRUE.
    if (typeof cell === 'boolean') return folded.get(String(cell)) ?? unseen;
    return known.get(canonicalText(cell, storedAs)) ?? unseen;
  };
}

function values(numbers: readonly number[]): EncodedCell {
  return { kind: 'Values', values: numbers };
}

function problem(message: string): EncodedCell {
  return { kind: 'Problem', message };
}
