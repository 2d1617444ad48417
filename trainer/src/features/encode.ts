import type { Feature } from '@churnops/crds';
import { textCell, type Column, type Table } from '../dataset/table.js';
import { dataInvalid } from '../failure.js';
import { cellEncoder, type EncodedCell } from './cell-encoder.js';

/**
 * Encodes a table as a row-major matrix `[rows, width]` of float32; NaN is missing.
 *
 * @throws TrainingProblem (DataInvalid) that names the column when its cells do not fit its type.
 */
export function encodeTable(table: Table, features: readonly Feature[], width: number): Float32Array {
  const matrix = new Float32Array(table.rows * width);
  const columns = new Map(table.columns.map((column) => [column.name, column]));
  for (const feature of features) {
    const column = columns.get(feature.name);
    if (column !== undefined) encodeColumn(column, feature, { matrix, width, rows: table.rows });
  }
  return matrix;
}

interface Target {
  readonly matrix: Float32Array;
  readonly width: number;
  readonly rows: number;
}

/** Each distinct cell is encoded once. */
function encodeColumn(column: Column, feature: Feature, { matrix, width, rows }: Target): void {
  if (column.kind === 'Number' && feature.encoding.kind === 'Number') {
    copyNumbers(column.values, feature, { matrix, width, rows });
    return;
  }
  const encodeAt = columnEncoder(column, feature);
  for (let row = 0; row < rows; row += 1) {
    const encoded = encodeAt(row);
    if (encoded.kind === 'Problem') throw unfit(feature, encoded.message);
    const start = row * width + feature.offset;
    for (let index = 0; index < encoded.values.length; index += 1) {
      matrix[start + index] = encoded.values[index] ?? Number.NaN;
    }
  }
}

/** What `cellEncoder` does with numbers: of a million different ones, an answer each would fill the memory. */
function copyNumbers(values: Float64Array, feature: Feature, { matrix, width, rows }: Target): void {
  for (let row = 0; row < rows; row += 1) {
    const value = values[row] ?? Number.NaN;
    matrix[row * width + feature.offset] = value;
    if (!Number.isFinite(matrix[row * width + feature.offset]) && !Number.isNaN(value)) {
      throw unfit(feature, 'has a number that is too large');
    }
  }
}

function columnEncoder(column: Column, feature: Feature): (row: number) => EncodedCell {
  const encode = cellEncoder(feature);
  const missing = encode(null);
  if (column.kind === 'Text') {
    const known = column.dictionary.map((text) => encode(textCell(column.storedAs, text)));
    return (row) => known[column.codes[row] ?? -1] ?? missing;
  }
  const known = new Map<number, EncodedCell>();
  return (row) => {
    const value = column.values[row] ?? Number.NaN;
    if (Number.isNaN(value)) return missing;
    const seen = known.get(value);
    if (seen !== undefined) return seen;
    const encoded = encode(value);
    known.set(value, encoded);
    return encoded;
  };
}

function unfit({ name, type }: Feature, message: string): Error {
  return dataInvalid(
    `Column "${name}" ${message}, so it can't be of type ${type}: clean the column or give it another type.`,
  );
}
