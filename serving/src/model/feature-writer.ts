import type { Feature } from '@churnops/crds';
import type { Cell, CellReader, CellSource } from './cell.js';
import { cellReader } from './cell.js';
import type { FieldProblem, UnseenCategory } from './row-encoder.js';

/** A JSON object with the columns of a customer. */
export type Row = Readonly<Record<string, unknown>>;

/** Writes the value of one feature of a row into its part of the matrix, or notes what is wrong with it. */
export type FeatureWriter = (row: Row, matrix: Float32Array, start: number, notes: Notes) => void;

/** What there is to tell about a row. Grows while it is read. */
export interface Notes {
  readonly ignored: string[];
  readonly unseen: UnseenCategory[];
  readonly problems: FieldProblem[];
}

/** Writes a feature by the rules of the contract in full. */
export function featureWriter(feature: Feature, source: CellSource): FeatureWriter {
  const { name, offset } = feature;
  const columnOf = columnReader(name);
  const read = policyReader(feature, cellReader(feature, source));
  const write = cellWriter(feature);
  return (row, matrix, start, notes) => {
    const cell = read(columnOf(row));
    switch (cell.kind) {
      case 'Value':
        matrix[start + offset] = cell.value;
        return;
      case 'Category':
        write.category(matrix, start + offset, cell.position);
        return;
      case 'Missing':
        write.missing(matrix, start + offset);
        return;
      case 'Unseen':
        write.unseen(matrix, start + offset);
        notes.unseen.push({ feature: name, value: shorten(cell.text) });
        return;
      case 'Problem':
        notes.problems.push(fieldProblem(name, cell));
        return;
    }
  };
}

/** A column may be called `constructor`: what every object inherits is no value of the row. */
export function columnReader(name: string): (row: Row) => unknown {
  if (name in Object.prototype) return (row) => (Object.hasOwn(row, name) ? row[name] : undefined);
  return (row) => row[name];
}

function policyReader({ missingPolicy }: Feature, read: CellReader): CellReader {
  if (missingPolicy === 'Allow') return read;
  const refused: Cell = { kind: 'Problem', message: 'is missing, and this model needs it' };
  return (value) => {
    const cell = read(value);
    return cell.kind === 'Missing' ? refused : cell;
  };
}

function fieldProblem(field: string, { message, allowed }: Cell & { kind: 'Problem' }): FieldProblem {
  return { field, message, ...(allowed !== undefined && { allowed }) };
}

interface CellWriter {
  missing(matrix: Float32Array, at: number): void;
  category(matrix: Float32Array, at: number, position: number): void;
  unseen(matrix: Float32Array, at: number): void;
}

function cellWriter({ encoding, width }: Feature): CellWriter {
  const fill = (value: number) => (matrix: Float32Array, at: number) => {
    matrix.fill(value, at, at + width);
  };
  if (encoding.kind === 'OneHot') {
    return {
      missing: fill(Number.NaN),
      unseen: fill(0),
      category(matrix, at, position) {
        matrix.fill(0, at, at + width);
        matrix[at + position] = 1;
      },
    };
  }
  return {
    missing: fill(Number.NaN),
    unseen: fill(encoding.kind === 'Codes' ? encoding.categories.length : Number.NaN),
    category(matrix, at, position) {
      matrix[at] = position;
    },
  };
}

/** As much of a caller's text as an answer repeats. */
export function shorten(text: string): string {
  return text.length > 64 ? `${text.slice(0, 64)}...` : text;
}
