import { z } from 'zod';
import type { Matrix } from './matrix.js';
import { copyBytes, type NativeLibrary } from './native-library.js';

/** XGBoost parameters by XGBoost's names. */
export type Parameters = Readonly<Record<string, string | number>>;

/** A model that grows by a tree a round. Must be disposed: its memory is not JavaScript's. */
export class Booster implements Disposable {
  readonly #library: NativeLibrary;
  readonly #handle: unknown;

  /** @param matrices those that are trained on or scored each round: their margins are cached. */
  constructor(library: NativeLibrary, parameters: Parameters, matrices: readonly Matrix[]) {
    this.#library = library;
    this.#handle = library.obtain(
      'createBooster',
      matrices.map((matrix) => matrix.handle),
      matrices.length,
    );
    for (const [name, value] of Object.entries(parameters))
      library.call('setParameter', this.#handle, name, String(value));
  }

  /** Adds the tree of a round, counted from 0. */
  update(round: number, matrix: Matrix): void {
    this.#library.call('update', this.#handle, round, matrix.handle);
  }

  /** The evaluation metric of the parameters on a matrix, after a round. */
  evaluate(round: number, matrix: Matrix): number {
    const answer = this.#library.obtain('evaluate', this.#handle, round, [matrix.handle], ['rows'], 1);
    const value = Number(String(answer).split(':').at(-1));
    if (!Number.isFinite(value)) throw new Error(`XGBoost answered an evaluation that is no number: ${String(answer)}`);
    return value;
  }

  /** Log odds, one a row, by the first `rounds` trees (0: by all). */
  margins(matrix: Matrix, rounds = 0): Float32Array<ArrayBuffer> {
    const configuration = JSON.stringify({
      type: 1,
      training: false,
      iteration_begin: 0,
      iteration_end: rounds,
      strict_shape: false,
    });
    const result: unknown[] = [null];
    this.#library.call('predict', this.#handle, matrix.handle, configuration, [null], [0], result);
    const bytes = copyBytes(result[0], matrix.rows * Float32Array.BYTES_PER_ELEMENT);
    return new Float32Array(bytes.buffer);
  }

  /** The model as XGBoost's own JSON, which any XGBoost reads. */
  saveJson(): string {
    const length: unknown[] = [0];
    const result: unknown[] = [null];
    this.#library.call('saveModel', this.#handle, '{"format": "json"}', length, result);
    const bytes = z.union([z.number(), z.bigint()]).parse(length[0]);
    return new TextDecoder().decode(copyBytes(result[0], Number(bytes)));
  }

  /** Replaces the model by one that was saved. */
  loadJson(json: string): void {
    const bytes = new TextEncoder().encode(json);
    this.#library.call('loadModel', this.#handle, bytes, bytes.length);
  }

  [Symbol.dispose](): void {
    this.#library.call('freeBooster', this.#handle);
  }
}
