import type { CellValue, StoredAs } from '@churnops/crds';

/** Cells of a column that the table stores as numbers. */
interface NumberColumn {
  readonly kind: 'Number';
  readonly name: string;
  readonly storedAs: 'Number';
  /** NaN is missing. */
  readonly values: Float64Array;
  /** How the cells were read, when they are spelled in another way. */
  readonly readAs?: string;
}

/** Cells of any other column: each distinct text is kept once. */
export interface TextColumn {
  readonly kind: 'Text';
  readonly name: string;
  readonly storedAs: Exclude<StoredAs, 'Number'>;
  /** Position in the dictionary; -1 is missing. */
  readonly codes: Int32Array;
  readonly dictionary: readonly string[];
  /** The cells hold what no feature can be made of (lists, objects, bytes, times of day): they are not read. */
  readonly unsupported: boolean;
  /** How the cells were read, when they are spelled in another way. */
  readonly readAs?: string;
}

export type Column = NumberColumn | TextColumn;

export interface Table {
  readonly rows: number;
  readonly columns: readonly Column[];
}

/** The cell as a JSON prediction would carry it. */
export function cellAt(column: Column, row: number): CellValue {
  if (column.kind === 'Number') {
    const value = column.values[row] ?? Number.NaN;
    return Number.isNaN(value) ? null : value;
  }
  const text = column.dictionary[column.codes[row] ?? -1];
  return text === undefined ? null : textCell(column.storedAs, text);
}

/** A text of the dictionary as a JSON prediction would carry it. */
export function textCell(storedAs: TextColumn['storedAs'], text: string): CellValue {
  if (storedAs !== 'Boolean') return text;
  const spelling = text.trim().toLowerCase();
  return spelling === '' ? null : spelling === 'true';
}

/** The trimmed text of a cell, by which labels, keys and rows are compared; undefined when the cell is missing or blank. */
export function textAt(column: Column, row: number): string | undefined {
  if (column.kind === 'Number') {
    const value = column.values[row] ?? Number.NaN;
    return Number.isNaN(value) ? undefined : String(value);
  }
  const text = column.dictionary[column.codes[row] ?? -1]?.trim();
  return text === '' ? undefined : text;
}

/** The rows with the given indices, in that order. */
export function pickRows(table: Table, rows: Uint32Array): Table {
  if (rows.length === table.rows && rows.every((row, index) => row === index)) return table;
  const columns = table.columns.map((column): Column => {
    if (column.kind === 'Number') {
      return { ...column, values: Float64Array.from(rows, (row) => column.values[row] ?? Number.NaN) };
    }
    return { ...column, codes: Int32Array.from(rows, (row) => column.codes[row] ?? -1) };
  });
  return { rows: rows.length, columns };
}
