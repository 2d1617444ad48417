import type { CellValue, DataReport, Feature, Manifest, TableColumn } from '@churnops/crds';

/** What is known of a table before it is read. */
interface DataIdentity {
  /** Where it came from, without credentials: an S3 key or a path in it stands as it is, never percent-encoded. */
  readonly uri: string;
  readonly format: Manifest['data']['format'];
  /** How many files there are; absent: one. */
  readonly files?: number;
  /** Of all files together. */
  readonly bytes: number;
  /** Hex SHA-256 of the bytes; of several files: of the lines `SHA256  NAME`, in the order of their names. */
  readonly sha256: string;
  readonly etag?: string;
}

/** A file of a table, on this machine's disk. */
export interface TableFile {
  readonly path: string;
  /** What messages call it. */
  readonly name: string;
}

/** A table on this machine's disk, and what is known of where it came from. */
export interface LocalTable extends DataIdentity {
  /** At least one; in the order of their names. */
  readonly parts: readonly TableFile[];
}

export interface Target {
  readonly label: string;
  readonly positiveLabel: string;
  readonly excludeLabels: readonly string[];
}

/** A table that has been checked, profiled, encoded and split: all that training needs to know of the data. */
export interface PreparedData {
  readonly identity: DataIdentity;
  /** Every column in the table's order, with its role and why. */
  readonly columns: readonly TableColumn[];
  readonly features: readonly Feature[];
  readonly target: Target;
  readonly entityKey?: string;
  /** Rows that are used: with a label that is neither blank nor left out. */
  readonly rows: number;
  readonly excludedRows: number;
  /** Used rows that repeat the features of an earlier used row. */
  readonly duplicateRows: number;
  /** Columns of the matrix. */
  readonly width: number;
  /** Row-major `[rows, width]`; NaN is missing. */
  readonly matrix: Float32Array;
  /** 1 for a leaver, 0 else. */
  readonly labels: Float32Array;
  /** 0 development, 1 test. */
  readonly side: Uint8Array;
  /** 0 to 4; meaningful for development rows. */
  readonly fold: Uint8Array;
  readonly warnings: readonly string[];
  readonly report: DataReport;
  /** A used row as a prediction would send it: every column but the label, as stored. Index below `rows`. */
  rawRow(index: number): Record<string, CellValue>;
}
