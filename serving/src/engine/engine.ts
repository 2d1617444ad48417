/** Computes probabilities from encoded rows. */
export interface Engine {
  readonly name: 'Trees' | 'OnnxRuntime';
  /** How far it may be from the probability of a golden row. */
  readonly tolerance: number;
  /**
   * @param matrix Encoded rows one after the other, `rows * width` values; NaN is missing.
   * @returns The probability of leaving of each row, 0 to 1.
   */
  probabilities(matrix: Float32Array, rows: number): Promise<Float64Array>;
  /** Frees the memory of the model. */
  close(): Promise<void>;
}
