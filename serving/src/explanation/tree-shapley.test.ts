import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Tree, TreeEnsemble, TreeNode } from '../engine/tree-ensemble.js';
import { readTreeEnsemble } from '../engine/tree-ensemble.js';
import { treeEngine } from '../engine/tree-engine.js';
import type { WrittenEnsemble, WrittenNode } from '../fixtures/onnx-file.js';
import { onnxFile } from '../fixtures/onnx-file.js';
import { randomCase } from '../fixtures/random-ensemble.js';
import { hasCovers } from './has-covers.js';
import { TreeShapley } from './tree-shapley.js';

const contract = { file: 'model.onnx', sha256: '', bytes: 1, input: 'features', output: 'probabilities' } as const;

function read(written: WrittenEnsemble): TreeEnsemble {
  return readTreeEnsemble(onnxFile(written), { ...contract, width: written.width });
}

type Covered = Exclude<WrittenNode, number> & { readonly cover: number };

function leaf(weight: number, cover = 1): Covered {
  return { weight, cover };
}

function tree(column: number, yes: Covered, no: Covered): Covered {
  return { column, split: 0.5, mode: 'BRANCH_LT', missing: true, yes, no, cover: yes.cover + no.cover };
}

function explained(ensemble: TreeEnsemble, row: Float32Array): { base: number; contributions: number[] } {
  const shapley = new TreeShapley(ensemble);
  const contributions = new Float64Array(ensemble.width);
  shapley.explain(row, contributions);
  return { base: shapley.base, contributions: [...contributions] };
}

/** What is expected of a tree when only some columns of the row are known: the definition of TreeSHAP. */
function expectation({ nodes }: Tree, known: ReadonlySet<number>, row: Float32Array): number {
  const width = row.length;
  const at = (position: number): TreeNode => nodes[position]!;
  const below = (position: number): number => {
    const { column, value, first, cover } = at(position);
    if (column === 2 * width) return value;
    const cell = row[column % width]!;
    if (known.has(column % width)) return below((column < width ? cell : -cell) >= value ? first + 1 : first);
    return (at(first).cover * below(first) + at(first + 1).cover * below(first + 1)) / cover;
  };
  return below(0);
}

/** By the definition of Shapley (1953), over all sets of columns. A set is a number with a bit for each of its columns. */
function bruteForce({ trees, width }: TreeEnsemble, row: Float32Array): number[] {
  const columns = [...Array(width).keys()];
  const worth = Array.from({ length: 2 ** width }, (_, set) => {
    const known = new Set(columns.filter((column) => set & (1 << column)));
    return trees.reduce((sum, tree) => sum + expectation(tree, known, row), 0);
  });
  const sizeOf = (set: number) => columns.filter((column) => set & (1 << column)).length;
  return columns.map((column) =>
    worth.reduce((sum, without, set) => {
      if (set & (1 << column)) return sum;
      const weight = (factorial(sizeOf(set)) * factorial(width - sizeOf(set) - 1)) / factorial(width);
      return sum + weight * (worth[set | (1 << column)]! - without);
    }, 0),
  );
}

function factorial(value: number): number {
  return value <= 1 ? 1 : value * factorial(value - 1);
}

const near = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 11));

describe('contributions of columns', () => {
  it('are the Shapley values, by their definition, of random trees', () => {
    const property = fc.property(randomCase, ({ ensemble: written, matrix }) => {
      const ensemble = read(written);
      const row = matrix.subarray(0, written.width);
      const { base, contributions } = explained(ensemble, row);
      expect(contributions).toEqual(near(bruteForce(ensemble, row)));
      const nothing = ensemble.trees.reduce((sum, tree) => sum + expectation(tree, new Set(), row), ensemble.base);
      expect(base).toBeCloseTo(nothing, 11);
    });
    fc.assert(property, { numRuns: 50 });
  });

  it('add up with the base to the log odds that the engine scores', async () => {
    const property = fc.asyncProperty(randomCase, async ({ ensemble: written, matrix }) => {
      const ensemble = read(written);
      const rows = matrix.length / written.width;
      const probabilities = await treeEngine(ensemble).probabilities(matrix, rows);
      const sums = Array.from({ length: rows }, (_, row) => {
        const { base, contributions } = explained(ensemble, matrix.subarray(row * 4, row * 4 + 4));
        return 1 / (1 + Math.exp(-contributions.reduce((sum, each) => sum + each, base)));
      });
      expect(sums).toEqual(near([...probabilities]));
    });
    await fc.assert(property, { numRuns: 25 });
  });

  it('are the same for a row after another one', () => {
    const shapley = new TreeShapley(read({ width: 2, trees: [tree(0, tree(1, leaf(-1), leaf(2, 5)), leaf(3))] }));
    const rows = [Float32Array.of(0, 0), Float32Array.of(9, 9), Float32Array.of(0, 0)];
    const [one, other, again] = rows.map((row) => {
      const contributions = new Float64Array(2);
      shapley.explain(row, contributions);
      return contributions;
    });
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
  });

  it('add up for a tree that is as deep as our engine takes', () => {
    const columns = Array.from({ length: 64 }, (_, column) => column);
    const deep = columns.reduce((below, column) => tree(column, below, leaf(column / 64)), leaf(-1));
    const { base, contributions } = explained(read({ width: 64, trees: [deep] }), new Float32Array(64));
    expect(contributions.reduce((sum, each) => sum + each, base)).toBeCloseTo(-1, 11);
  });

  it.each([
    ['nothing takes the row there', [0, 0], [0, 0]],
    ['one column of two would', [9, 9], [-1, 1]],
    ['both columns do', [0, 9], [3, 5]],
  ])('know a leaf that no row of training came to: %s', (_, row, expected) => {
    const ensemble = read({ width: 2, trees: [tree(0, tree(1, leaf(-1, 10), leaf(7, 0)), leaf(-1, 30))] });
    expect(explained(ensemble, Float32Array.from(row))).toEqual({ base: -1, contributions: near(expected) });
  });
});

describe('trees can be explained', () => {
  const covered = { column: 0, split: 1, mode: 'BRANCH_LT', missing: true, yes: leaf(-1), no: leaf(2) } as const;

  it.each<[string, WrittenNode, boolean]>([
    ['when each branch has the rows of its children', { ...covered, cover: 2 }, true],
    ['when they differ by rounding', { ...covered, cover: 2 + 2 ** -20 }, true],
    ['not without covers', { ...covered, yes: -1, no: 2 }, false],
    ['not when all covers are the same, as converters write them', { ...covered, cover: 1 }, false],
    ['not when nothing came to a branch', { ...covered, yes: leaf(-1, 0), no: leaf(2, 0), cover: 0 }, false],
    ['not when less than nothing came to a leaf', { ...covered, no: leaf(2, -0.5), cover: 0.5 }, false],
    ['not when a cover is no number', { ...covered, no: leaf(2, Number.NaN), cover: 2 }, false],
  ])('%s', (_, root, expected) => {
    expect(hasCovers(read({ width: 1, trees: [root] }))).toBe(expected);
  });
});
