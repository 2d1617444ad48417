import { MAX_IMPORTANCES } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { importances } from './importances.js';

const ROWS = 200;
const WIDTH = 4;
const features = [
  { name: 'decisive', offset: 0, width: 1 },
  { name: 'ignored', offset: 1, width: 1 },
  { name: 'pair', offset: 2, width: 2 },
];
/** The first column tells the label; the last two are always equal. */
const labels = Float32Array.from({ length: ROWS }, (_, row) => row % 2);
const values = Float32Array.from({ length: ROWS * WIDTH }, (_, cell) => {
  const [row, column] = [Math.floor(cell / WIDTH), cell % WIDTH];
  return [row % 2, row, row % 7, row % 7][column] ?? 0;
});
const task = { features, width: WIDTH, test: { values, labels }, seed: 42 };

function scored(score: (cells: readonly number[]) => number) {
  return (matrix: Float32Array) =>
    Promise.resolve(
      Float32Array.from({ length: matrix.length / WIDTH }, (_, row) =>
        score(Array.from(matrix.subarray(row * WIDTH, (row + 1) * WIDTH))),
      ),
    );
}

describe('importances', () => {
  it('are what the ROC AUC loses: all of it for the column that decides, nothing for one that is not used', async () => {
    const [first, ...others] = await importances(
      task,
      scored(([decisive = 0]) => decisive),
    );
    expect(first?.feature).toBe('decisive');
    const { drop = 0, least = 1, most = 0 } = first ?? {};
    expect(drop).toBeGreaterThan(0.4);
    expect([least, drop, most]).toEqual([least, drop, most].toSorted((a, b) => a - b));
    expect(others.map(({ drop, least, most }) => [drop, least, most])).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  it('move all columns of a feature together', async () => {
    const torn: number[] = [];
    const found = await importances(
      task,
      scored(([decisive = 0, , left, right]) => {
        if (left !== right) torn.push(decisive);
        return decisive;
      }),
    );
    expect(found).toHaveLength(3);
    expect(torn).toEqual([]);
  });

  it('are the same for the same seed', async () => {
    const model = scored(([decisive = 0, ignored = 0]) => decisive + ignored / 100);
    expect(await importances(task, model)).toEqual(await importances(task, model));
  });

  it('are told of the most important features only', async () => {
    const many = Array.from({ length: 50 }, (_, index) => ({
      name: `feature ${index}`,
      offset: index % WIDTH,
      width: 1,
    }));
    const found = await importances(
      { ...task, features: many },
      scored(([decisive = 0]) => decisive),
    );
    expect(found).toHaveLength(MAX_IMPORTANCES);
    expect(found.map(({ drop }) => drop)).toEqual(found.map(({ drop }) => drop).toSorted((a, b) => b - a));
  });

  it('are none where all customers stayed', async () => {
    const stayed = { ...task, test: { values, labels: new Float32Array(ROWS) } };
    expect(
      await importances(
        stayed,
        scored(([decisive = 0]) => decisive),
      ),
    ).toEqual([]);
  });
});
