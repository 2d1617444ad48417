import { arrayInterface, registered, type NativeLibrary } from './native-library.js';
import { copyValues, valuesOf, type Rows } from './rows.js';

/** Rows that are handed to XGBoost at once. */
const CHUNK_ROWS = 65_536;

/** Rows in XGBoost's own memory. Must be disposed: it is not JavaScript's. */
export class Matrix implements Disposable {
  readonly handle: unknown;
  readonly rows: number;
  readonly #library: NativeLibrary;

  constructor(library: NativeLibrary, handle: unknown, rows: number) {
    this.#library = library;
    this.handle = handle;
    this.rows = rows;
  }

  [Symbol.dispose](): void {
    this.#library.call('freeMatrix', this.handle);
  }
}

/** Rows to score, and to judge rounds by. Takes 8 bytes a cell: not for many rows. */
export function scoringMatrix(library: NativeLibrary, rows: Rows): Matrix {
  const count = rows.labels.length;
  const values = valuesOf(rows);
  const shape = arrayInterface(values, [count, rows.width]);
  // The configuration takes a literal NaN, which JSON.stringify can't write.
  const handle = library.obtain('createMatrix', shape, '{"missing": NaN, "nthread": 2}');
  setLabels(library, handle, rows.labels);
  return new Matrix(library, handle, count);
}

/** Rows to train on, of which XGBoost keeps one byte a cell: the bin. */
export function trainingMatrix(library: NativeLibrary, rows: Rows, bins: number): Matrix {
  const count = rows.labels.length;
  const proxy = library.obtain('createProxy');
  let start = 0;
  // XGBoost reads all chunks several times, and looks at one until it asks for the next: one place does for all.
  const place = new Float32Array(Math.min(count, CHUNK_ROWS) * rows.width);
  const problems: unknown[] = [];
  const next = registered('int', () => {
    if (start >= count) return 0;
    try {
      const end = Math.min(count, start + CHUNK_ROWS);
      const chunk = place.subarray(0, (end - start) * rows.width);
      copyValues(rows, start, chunk);
      library.call('setProxyData', proxy, arrayInterface(chunk, [end - start, rows.width]));
      setLabels(library, proxy, rows.labels.subarray(start, end));
      start = end;
      return 1;
    } catch (error) {
      // Nothing may be thrown through native code.
      problems.push(error);
      return 0;
    }
  });
  const reset = registered('void', () => {
    start = 0;
  });
  try {
    const configuration = `{"missing": NaN, "nthread": 2, "max_bin": ${bins}}`;
    const callbacks = [reset.pointer, next.pointer] as const;
    const handle = library.obtain('createTrainingMatrix', null, proxy, null, ...callbacks, configuration);
    if (problems.length > 0) throw new Error('Rows could not be handed to XGBoost.', { cause: problems[0] });
    return new Matrix(library, handle, count);
  } finally {
    library.call('freeMatrix', proxy);
    next.release();
    reset.release();
  }
}

function setLabels(library: NativeLibrary, handle: unknown, labels: Float32Array): void {
  library.call('setMatrixInfo', handle, 'label', arrayInterface(labels, [labels.length]));
}
