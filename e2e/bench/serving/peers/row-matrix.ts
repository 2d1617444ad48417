import type { Feature } from '@churnops/crds';

/** Encodes rows as somebody would who knows where the model wants its columns: float32, row by row. */
export function rowMatrix(features: readonly Feature[], width: number): (rows: readonly object[]) => Float32Array {
  const writers = features.map(writer);
  return (rows) => {
    const matrix = new Float32Array(rows.length * width);
    rows.forEach((row, position) => {
      const cells = new Map<string, unknown>(Object.entries(row));
      for (const write of writers) write(cells, matrix, position * width);
    });
    return matrix;
  };
}

type Writer = (cells: ReadonlyMap<string, unknown>, matrix: Float32Array, start: number) => void;

function writer({ name, encoding, offset }: Feature): Writer {
  if (encoding.kind !== 'OneHot') {
    return (cells, matrix, start) => {
      const value = cells.get(name);
      matrix[start + offset] = typeof value === 'number' ? value : Number.NaN;
    };
  }
  const places = new Map<unknown, number>(encoding.categories.map((category, place) => [category, offset + place]));
  return (cells, matrix, start) => {
    const place = places.get(cells.get(name));
    if (place !== undefined) matrix[start + place] = 1;
  };
}
