import type { Column } from './table.js';

/** Cells by which of the column's distinct values they are; what differs only in the spaces around it is the same. */
export interface CellCodes {
  /** Position in `texts` of each row's value; -1 for a cell that is missing or blank. */
  readonly codes: Int32Array;
  /** Trimmed, each once. */
  readonly texts: readonly string[];
}

/** Tells the distinct values of a column; see `textAt` for the text of a number. */
export function cellCodes(column: Column): CellCodes {
  return column.kind === 'Text' ? textCodes(column.codes, column.dictionary) : numberCodes(column.values);
}

/** How many rows have each of `count` codes; -1 is not counted. */
export function countCodes(codes: Int32Array, count: number): Uint32Array {
  const rows = new Uint32Array(count);
  for (const code of codes) if (code !== -1) rows[code] = (rows[code] ?? 0) + 1;
  return rows;
}

function textCodes(codes: Int32Array, dictionary: readonly string[]): CellCodes {
  // Keys of a million customers need no map when they are already as they should be.
  if (dictionary.every((text) => text !== '' && text === text.trim())) return { codes, texts: dictionary };
  const positions = new Map<string, number>();
  const trimmed = dictionary.map((text) => (text.trim() === '' ? -1 : position(positions, text.trim())));
  return { codes: codes.map((code) => trimmed[code] ?? -1), texts: [...positions.keys()] };
}

function numberCodes(values: Float64Array): CellCodes {
  const positions = new Map<number, number>();
  const codes = new Int32Array(values.length);
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row] ?? Number.NaN;
    codes[row] = Number.isNaN(value) ? -1 : position(positions, value);
  }
  return { codes, texts: Array.from(positions.keys(), String) };
}

function position<Value>(positions: Map<Value, number>, value: Value): number {
  const known = positions.get(value);
  if (known !== undefined) return known;
  positions.set(value, positions.size);
  return positions.size - 1;
}
