import type { Engine } from './engine.js';

interface WaitingRow {
  readonly row: Float32Array;
  readonly resolve: (probability: number) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Scores single rows: those that come in one turn of the event loop together, at its end. Without a timer, so that a row that comes alone is
 * scored at once.
 */
export class RowTurns {
  private waiting: WaitingRow[] = [];

  constructor(private readonly engine: Engine) {}

  /** The probability of leaving of an encoded row. */
  score(row: Float32Array): Promise<number> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ row, resolve, reject });
      if (this.waiting.length === 1) setImmediate(() => void this.scoreAll());
    });
  }

  private async scoreAll(): Promise<void> {
    const { waiting } = this;
    this.waiting = [];
    try {
      const probabilities = await this.engine.probabilities(matrixOf(waiting), waiting.length);
      for (const [index, { resolve }] of waiting.entries()) resolve(probabilities[index] ?? Number.NaN);
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}

function matrixOf(waiting: readonly WaitingRow[]): Float32Array {
  const [first] = waiting;
  if (first === undefined || waiting.length === 1) return first?.row ?? new Float32Array(0);
  const width = first.row.length;
  const matrix = new Float32Array(waiting.length * width);
  for (const [index, { row }] of waiting.entries()) matrix.set(row, index * width);
  return matrix;
}
