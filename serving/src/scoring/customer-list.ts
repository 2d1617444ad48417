import type { CellSource } from '../model/cell.js';

/** A row of a list, or why it is none. `line` is the line of the file, from 1. */
export type ListRow =
  | { readonly line: number; readonly cells: Readonly<Record<string, unknown>> }
  | { readonly line: number; readonly problem: string };

/** A file of customers, read from the start as often as `rows` is called, in constant memory. */
export interface CustomerList {
  readonly source: CellSource;
  /** The columns, when the file names them before its rows. */
  readonly columns: readonly string[] | undefined;
  /** Share of the file read so far by the newest `rows`, 0 to 1. */
  progress(): number;
  rows(): AsyncIterable<ListRow>;
}
