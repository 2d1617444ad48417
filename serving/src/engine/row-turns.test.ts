import { describe, expect, it } from '@jest/globals';
import type { Engine } from './engine.js';
import { RowTurns } from './row-turns.js';

/** An engine whose probability is the sum of a row of two, and how many rows it was asked about at once. */
function adding() {
  const asked: number[] = [];
  const engine: Engine = {
    name: 'Trees',
    tolerance: 0,
    probabilities(matrix, rows) {
      asked.push(rows);
      if (matrix.includes(-1)) return Promise.reject(new Error('No memory'));
      return Promise.resolve(Float64Array.from({ length: rows }, (_, row) => matrix[row * 2]! + matrix[row * 2 + 1]!));
    },
    close: () => Promise.resolve(),
  };
  return { turns: new RowTurns(engine), asked };
}

describe('rows', () => {
  it('of one turn of the event loop are scored together, and each has its own probability', async () => {
    const { turns, asked } = adding();
    const rows = [Float32Array.of(1, 2), Float32Array.of(3, 4), Float32Array.of(5, 6)];
    expect(await Promise.all(rows.map((row) => turns.score(row)))).toEqual([3, 7, 11]);
    expect(asked).toEqual([3]);
  });

  it('of later turns are scored by themselves', async () => {
    const { turns, asked } = adding();
    expect(await turns.score(Float32Array.of(1, 2))).toBe(3);
    expect(await turns.score(Float32Array.of(3, 4))).toBe(7);
    expect(asked).toEqual([1, 1]);
  });

  it('all fail when the engine does, and the next ones are scored again', async () => {
    const { turns } = adding();
    const failing = [turns.score(Float32Array.of(-1, 0)), turns.score(Float32Array.of(1, 1))];
    for (const row of failing) await expect(row).rejects.toThrow('No memory');
    expect(await turns.score(Float32Array.of(1, 1))).toBe(2);
  });
});
