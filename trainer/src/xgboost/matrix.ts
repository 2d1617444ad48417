import { arrayInterface, type NativeLibrary } from './native-library.js';

/** Rows that XGBoost trains on or scores: a DMatrix. Must be disposed: its memory is not JavaScript's. */
export class Matrix implements Disposable {
  readonly handle: unknown;
  readonly rows: number;
  readonly #library: NativeLibrary;

  /**
   * @param values row-major `[rows, width]`; NaN is missing. Copied.
   * @param labels 0 or 1 a row; not needed to score.
   */
  constructor(library: NativeLibrary, values: Float32Array, width: number, labels?: Float32Array) {
    this.#library = library;
    this.rows = values.length / width;
    const shape = arrayInterface(values, [this.rows, width]);
    // The configuration takes a literal NaN, which JSON.stringify can't write.
    this.handle = library.obtain('createMatrix', shape, '{"missing": NaN, "nthread": 2}');
    if (labels) library.call('setMatrixInfo', this.handle, 'label', arrayInterface(labels, [labels.length]));
  }

  [Symbol.dispose](): void {
    this.#library.call('freeMatrix', this.handle);
  }
}
