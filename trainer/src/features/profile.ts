import type { Column, TextColumn } from '../dataset/table.js';
import { parseDays, parseDecimal } from './cell-encoder.js';

/** What the values of a column are like, over the used rows. */
export interface Profile {
  readonly rows: number;
  readonly missing: number;
  /** Rows per distinct trimmed text, the most frequent first, then by text. Blank counts as missing. */
  readonly counts: readonly (readonly [text: string, rows: number])[];
  readonly allNumbers: boolean;
  readonly allIntegers: boolean;
  readonly allDates: boolean;
  /** Each row's number is greater than that of the row before. */
  readonly increasing: boolean;
}

/** Looks at all cells of a column; each distinct one is spelled out once. */
export function profileColumn(column: Column, rows: number): Profile {
  const { counts, increasing } = column.kind === 'Number' ? countNumbers(column.values) : countTexts(column);
  const sorted = [...counts].sort(byFrequency);
  const numbers = sorted.map(([text]) => asNumber(text, column));
  return {
    rows,
    missing: rows - sorted.reduce((sum, [, count]) => sum + count, 0),
    counts: sorted,
    allNumbers: numbers.length > 0 && numbers.every((value) => value !== undefined),
    allIntegers: numbers.length > 0 && numbers.every(Number.isInteger),
    allDates: sorted.length > 0 && sorted.every(([text]) => parseDays(text) !== undefined),
    increasing,
  };
}

interface Counted {
  /** Rows per trimmed text; blank is not among them. */
  readonly counts: ReadonlyMap<string, number>;
  readonly increasing: boolean;
}

function countNumbers(values: Float64Array): Counted {
  const counts = new Map<number, number>();
  for (const value of values) if (!Number.isNaN(value)) counts.set(value, (counts.get(value) ?? 0) + 1);
  const texts = new Map([...counts].map(([value, count]) => [String(value), count]));
  return { counts: texts, increasing: isIncreasing(values, (value) => value) };
}

function countTexts({ codes, dictionary }: TextColumn): Counted {
  const rows = rowsPerCode(codes, dictionary.length);
  const counts = new Map<string, number>();
  for (const [code, cell] of dictionary.entries()) {
    const text = cell.trim();
    const count = rows[code] ?? 0;
    if (text !== '' && count > 0) counts.set(text, (counts.get(text) ?? 0) + count);
  }
  const numbers = dictionary.map((text) => (text.trim() === '' ? Number.NaN : Number(text)));
  return { counts, increasing: isIncreasing(codes, (code) => numbers[code] ?? Number.NaN) };
}

function rowsPerCode(codes: Int32Array, count: number): Uint32Array {
  const rows = new Uint32Array(count);
  for (const code of codes) if (code >= 0) rows[code] = (rows[code] ?? 0) + 1;
  return rows;
}

/** Whether each number is greater than the one before; what is missing is passed over. */
function isIncreasing(cells: Float64Array | Int32Array, valueOf: (cell: number) => number): boolean {
  let last = Number.NEGATIVE_INFINITY;
  for (const cell of cells) {
    const value = valueOf(cell);
    if (Number.isNaN(value)) continue;
    if (value <= last) return false;
    last = value;
  }
  return true;
}

function byFrequency([leftText, left]: [string, number], [rightText, right]: [string, number]): number {
  if (left !== right) return right - left;
  return leftText < rightText ? -1 : 1;
}

/** A text with a leading zero is a code such as a postcode, not a number. */
function asNumber(text: string, column: Column): number | undefined {
  if (column.kind === 'Text' && /^[+-]?0\d/.test(text)) return undefined;
  return parseDecimal(text);
}
