import { textAt, type Column } from '../dataset/table.js';
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

/** Looks at all cells of a column. */
export function profileColumn(column: Column, rows: number): Profile {
  const counts = new Map<string, number>();
  let missing = 0;
  let last = Number.NEGATIVE_INFINITY;
  let increasing = true;
  for (let row = 0; row < rows; row += 1) {
    const text = textAt(column, row);
    if (text === undefined) {
      missing += 1;
      continue;
    }
    counts.set(text, (counts.get(text) ?? 0) + 1);
    const value = Number(text);
    increasing &&= value > last;
    last = value;
  }
  const sorted = [...counts].sort(byFrequency);
  const numbers = sorted.map(([text]) => asNumber(text, column));
  return {
    rows,
    missing,
    counts: sorted,
    allNumbers: numbers.length > 0 && numbers.every((value) => value !== undefined),
    allIntegers: numbers.length > 0 && numbers.every(Number.isInteger),
    allDates: sorted.length > 0 && sorted.every(([text]) => parseDays(text) !== undefined),
    increasing,
  };
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
