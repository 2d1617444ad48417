import type { TextColumn } from './table.js';

/** How one column of a file is read through SQL. */
export type ColumnPlan =
  | { readonly kind: 'Number'; readonly name: string; readonly expression: string }
  | {
      readonly kind: 'Text';
      readonly name: string;
      readonly expression: string;
      /** Undefined: the texts themselves tell. */
      readonly storedAs?: TextColumn['storedAs'];
      /** Absent: the expression answers with texts, else with positions in this. */
      readonly dictionary?: readonly string[];
    }
  | { readonly kind: 'Unsupported'; readonly name: string };

/** A file as SQL sees it. */
export interface TablePlan {
  /** The table function with its options. */
  readonly from: string;
  readonly rows: number;
  readonly columns: readonly ColumnPlan[];
}
