import type { Manifest } from '@churnops/crds';
import type { CellSource } from './cell.js';
import type { Notes, Row } from './feature-writer.js';
import { shorten } from './feature-writer.js';
import { nearestName } from './nearest-name.js';
import { quickFeatureWriter } from './quick-feature-writer.js';

/** What is wrong with one column of a row. `message` is the end of a sentence that starts with the column's name. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
  readonly allowed?: readonly string[];
}

/** A category that training never saw; the row is scored with it as "other". */
export interface UnseenCategory {
  readonly feature: string;
  readonly value: string;
}

export type RowOutcome =
  | {
      readonly kind: 'Encoded';
      /** Columns of the table that the model does not use, without the entity key. */
      readonly ignoredColumns: readonly string[];
      readonly unseen: readonly UnseenCategory[];
    }
  | { readonly kind: 'Refused'; readonly problems: readonly FieldProblem[] };

export interface RowEncoder {
  /** Values that a row takes in the matrix. */
  readonly width: number;
  /**
   * Validates a row against the feature contract and writes it as float32 from `matrix[start]` on. A row that is refused
   * leaves its part of the matrix undefined.
   */
  encode(row: unknown, matrix: Float32Array, start: number): RowOutcome;
}

/** More problems than anybody reads: a hostile row with 20,000 unknown names costs no more than this. */
const maxProblems = 20;

/** Finding the name that was meant is the dearest part of refusing a row, and a batch has up to 10,000 of them. */
const maxHints = 3;

/** Compiles the feature contract of an artifact. See `Encoding` in the contracts for the rules. */
export function rowEncoder(manifest: Manifest, source: CellSource = 'Json'): RowEncoder {
  const { width } = manifest.model;
  const writers = manifest.features.map((feature) => quickFeatureWriter(feature, source));
  const checkColumns = columnCheck(manifest);
  return {
    width,
    encode(row, matrix, start) {
      if (!isRow(row)) return notAnObject;
      const notes: Notes = { ignored: [], unseen: [], problems: [] };
      for (const write of writers) write(row, matrix, start, notes);
      checkColumns(row, notes);
      if (notes.problems.length > 0) return { kind: 'Refused', problems: notes.problems.slice(0, maxProblems) };
      return { kind: 'Encoded', ignoredColumns: notes.ignored, unseen: notes.unseen };
    },
  };
}

const notAnObject: RowOutcome = {
  kind: 'Refused',
  problems: [{ field: '', message: 'The row must be an object with the columns of the training table' }],
};

/** Columns of the row beyond the features: those of the table are ignored, others refused. */
function columnCheck(manifest: Manifest): (row: Row, notes: Notes) => void {
  const features = new Set(manifest.features.map(({ name }) => name));
  const others = new Set(manifest.columns.map(({ name }) => name).filter((name) => !features.has(name)));
  const nearest = nearestName(manifest.columns.map(({ name }) => name));
  const { entityKey } = manifest;
  return (row, notes) => {
    let unknown = 0;
    for (const name of Object.keys(row)) {
      if (features.has(name) || name === entityKey) continue;
      if (others.has(name)) notes.ignored.push(name);
      else notes.problems.push(unknownColumn(name, unknown++ < maxHints ? nearest(name) : undefined));
      if (notes.problems.length >= maxProblems) return;
    }
  };
}

function unknownColumn(name: string, near: string | undefined): FieldProblem {
  const hint = near === undefined ? '' : `; did you mean "${near}"?`;
  return { field: shorten(name), message: `is not a column of the training table${hint}` };
}

function isRow(row: unknown): row is Row {
  return typeof row === 'object' && row !== null && !Array.isArray(row);
}
