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

/** The values of the rows from one place to before another, row-major. */
export function valuesOf({ values, width, positions, labels }: Rows, start = 0, end = labels.length): Float32Array {
  if (positions === undefined) return values.subarray(start * width, end * width);
  const copied = new Float32Array((end - start) * width);
  for (let place = start; place < end; place += 1) {
    const position = positions[place] ?? 0;
    copied.set(values.subarray(position * width, (position + 1) * width), (place - start) * width);
  }
  return copied;
}
