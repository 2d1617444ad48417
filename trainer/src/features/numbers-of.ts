import type { Column } from '../dataset/table.js';

/** The numbers that the cells of a column are; NaN for a cell that is missing or none. Texts are parsed once each. */
export function numbersOf(column: Column, parse: (text: string) => number | undefined): Float64Array {
  if (column.kind === 'Number') return column.values;
  const parsed = column.dictionary.map((text) => parse(text.trim()) ?? Number.NaN);
  const { codes } = column;
  const numbers = new Float64Array(codes.length);
  // A loop, since `from` of a typed array takes several times as long.
  for (let row = 0; row < codes.length; row += 1) numbers[row] = parsed[codes[row] ?? -1] ?? Number.NaN;
  return numbers;
}
