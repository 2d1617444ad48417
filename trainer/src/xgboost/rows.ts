/** Rows of a matrix with their labels. */
export interface Rows {
  /** Row-major `[any number, width]`; NaN is missing. */
  readonly values: Float32Array;
  readonly width: number;
  /** Which rows of `values` these are, in this order; absent: all. So parts of a large matrix need no copy of it. */
  readonly positions?: Uint32Array;
  /** Of these rows. */
  readonly labels: Float32Array;
}

/** Some of the rows, given by their places among them, in that order. */
export function selectRows({ values, width, positions, labels }: Rows, places: ArrayLike<number>): Rows {
  const selected = { positions: new Uint32Array(places.length), labels: new Float32Array(places.length) };
  for (let target = 0; target < places.length; target += 1) {
    const place = places[target] ?? 0;
    selected.positions[target] = positions === undefined ? place : (positions[place] ?? 0);
    selected.labels[target] = labels[place] ?? Number.NaN;
  }
  return { values, width, ...selected };
}

/** The values of all the rows, row-major. */
export function valuesOf(rows: Rows): Float32Array {
  const { values, width, positions, labels } = rows;
  if (positions === undefined) return values;
  const copied = new Float32Array(labels.length * width);
  copyValues(rows, 0, copied);
  return copied;
}

/** Fills `target` with the values of the rows from one place on, row-major. */
export function copyValues({ values, width, positions }: Rows, start: number, target: Float32Array): void {
  if (positions === undefined) {
    target.set(values.subarray(start * width, start * width + target.length));
    return;
  }
  // A loop over the cells: a view of each row would be an object for each.
  for (let cell = 0, place = start; cell < target.length; place += 1) {
    const first = (positions[place] ?? 0) * width;
    for (let column = 0; column < width; column += 1) target[cell++] = values[first + column] ?? Number.NaN;
  }
}
