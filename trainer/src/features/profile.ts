import { cellCodes, countCodes } from '../dataset/cell-codes.js';
import type { Column, TextColumn } from '../dataset/table.js';
import { parseDays, parseDecimal } from './cell-encoder.js';
import { numbersOf } from './numbers-of.js';

/** What the values of a column are like, over the used rows. */
export interface Profile {
  readonly rows: number;
  /** Blank counts as missing. */
  readonly missing: number;
  /** Different values. */
  readonly distinct: number;
  /** Rows per distinct trimmed text, the most frequent first, then by text: spelled out when it is asked for. */
  readonly counts: () => readonly Count[];
  readonly allNumbers: boolean;
  readonly allIntegers: boolean;
  readonly allDates: boolean;
  /** All are numbers, and each is greater than that of the row before. */
  readonly increasing: boolean;
}

type Count = readonly [text: string, rows: number];

/** Looks at all cells of a column; each distinct one is looked at once. */
export function profileColumn(column: Column, rows: number): Profile {
  return column.kind === 'Number' ? profileNumbers(column.values, rows) : profileTexts(column, rows);
}

function profileNumbers(values: Float64Array, rows: number): Profile {
  // NaN is sorted behind all numbers.
  const ascending = values.toSorted();
  let [present, distinct, allIntegers] = [0, 0, true];
  for (; present < ascending.length && !Number.isNaN(ascending[present]); present += 1) {
    if (present > 0 && ascending[present] === ascending[present - 1]) continue;
    distinct += 1;
    allIntegers &&= Number.isInteger(ascending[present]);
  }
  return {
    rows,
    missing: rows - present,
    distinct,
    counts: () => countRuns(ascending.subarray(0, present)).sort(byFrequency),
    allNumbers: present > 0,
    allIntegers: present > 0 && allIntegers,
    allDates: false,
    increasing: isIncreasing(values),
  };
}

function countRuns(ascending: Float64Array): Count[] {
  const counts: Count[] = [];
  let start = 0;
  for (let index = 1; index <= ascending.length; index += 1) {
    const value = ascending[start] ?? Number.NaN;
    if (index < ascending.length && ascending[index] === value) continue;
    counts.push([String(value), index - start]);
    start = index;
  }
  return counts;
}

function profileTexts(column: TextColumn, rows: number): Profile {
  const { codes, texts } = cellCodes(column);
  const counts = countCodes(codes, texts.length);
  // Of a dictionary that more columns share, or that has texts of rows that are not used, some may not occur.
  const present = texts.filter((_, code) => (counts[code] ?? 0) > 0);
  const allNumbers = present.length > 0 && present.every((text) => asNumber(text) !== undefined);
  return {
    rows,
    missing: rows - counts.reduce((sum, count) => sum + count, 0),
    distinct: present.length,
    counts: () =>
      texts
        .map((text, code): Count => [text, counts[code] ?? 0])
        .filter(([, count]) => count > 0)
        .sort(byFrequency),
    allNumbers,
    allIntegers: allNumbers && present.every((text) => Number.isInteger(Number(text))),
    allDates: present.length > 0 && present.every((text) => parseDays(text) !== undefined),
    increasing: allNumbers && isIncreasing(numbersOf(column, Number)),
  };
}

/** What is missing is passed over. */
function isIncreasing(values: Float64Array): boolean {
  let last = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    if (value <= last) return false;
    last = value;
  }
  return true;
}

function byFrequency([leftText, left]: Count, [rightText, right]: Count): number {
  if (left !== right) return right - left;
  return leftText < rightText ? -1 : 1;
}

/** A text with a leading zero is a code such as a postcode, not a number. */
function asNumber(text: string): number | undefined {
  return /^[+-]?0\d/.test(text) ? undefined : parseDecimal(text);
}
