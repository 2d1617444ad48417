import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Manifest } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { WrittenEnsemble, WrittenNode } from '../fixtures/onnx-file.js';
import { onnxFile, single, texts } from '../fixtures/onnx-file.js';
import { readTreeEnsemble } from './tree-ensemble.js';
import { treeEngine } from './tree-engine.js';
import { UnsupportedGraph } from './unsupported-graph.js';

const folder = join(import.meta.dirname, '..', 'fixtures', 'artifact');
const manifest = Manifest.parse(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')));
const contract = { ...manifest.model, width: 2 };

const stump: WrittenNode = { column: 1, split: 2.5, mode: 'BRANCH_LT', missing: true, yes: -1, no: 2 };

function logOdds(ensemble: Partial<WrittenEnsemble>, row: readonly number[]): Promise<number[]> {
  const file = onnxFile({ width: 2, trees: [stump], ...ensemble });
  const engine = treeEngine(readTreeEnsemble(file, contract));
  return engine
    .probabilities(Float32Array.from(row), row.length / 2)
    .then((probabilities) => Array.from(probabilities, (p) => Math.log(p / (1 - p))));
}

describe('a tree', () => {
  const below = 2.5 - 2 ** -22;
  const above = 2.5 + 2 ** -22;

  it.each<[string, Partial<WrittenNode & object>, readonly [number, number][]]>([
    [
      'BRANCH_LT, missing to true',
      {},
      [
        [below, -1],
        [2.5, 2],
        [above, 2],
        [Number.NaN, -1],
      ],
    ],
    [
      'BRANCH_LT, missing to false',
      { missing: false },
      [
        [below, -1],
        [2.5, 2],
        [above, 2],
        [Number.NaN, 2],
      ],
    ],
    [
      'BRANCH_LEQ, missing to true',
      { mode: 'BRANCH_LEQ' },
      [
        [below, -1],
        [2.5, -1],
        [above, 2],
        [Number.NaN, -1],
      ],
    ],
    [
      'BRANCH_LEQ, missing to false',
      { mode: 'BRANCH_LEQ', missing: false },
      [
        [below, -1],
        [2.5, -1],
        [above, 2],
        [Number.NaN, 2],
      ],
    ],
  ])('branches by %s', async (_, difference, expected) => {
    const rows = expected.flatMap(([value]) => [9, value]);
    const odds = await logOdds({ trees: [{ ...stump, ...difference }] }, rows);
    expect(odds).toEqual(expected.map(([, leaf]) => expect.closeTo(leaf, 12)));
  });

  it('adds to the others and to the base value, in float64', async () => {
    // As float32 the sum would be 16777216.
    expect(await logOdds({ trees: [stump, 2 ** -30], base: -1 }, [0, 3])).toEqual([expect.closeTo(1 + 2 ** -30, 14)]);
  });

  it('is the same for as many rows as a batch has', async () => {
    const values = Array.from({ length: 300 }, (_, row) => row % 5);
    const odds = await logOdds(
      {},
      values.flatMap((value) => [0, value]),
    );
    expect(odds).toEqual(values.map((value) => expect.closeTo(value < 2.5 ? -1 : 2, 12)));
  });
});

describe('a file that our own engine leaves to ONNX Runtime', () => {
  it.each<[string, Partial<WrittenEnsemble>, string]>([
    ['has another post transform', { attributes: { post_transform: single('SOFTMAX') } }, 'post transform'],
    ['has an unknown attribute', { attributes: { nodes_values_as_tensor: single('') } }, 'nodes_values_as_tensor'],
    ['has another kind of branch', { attributes: { nodes_modes: texts(['BRANCH_EQ', 'LEAF', 'LEAF']) } }, 'mode'],
    ['has lists of different lengths', { attributes: { nodes_modes: texts(['LEAF']) } }, 'equally long'],
    ['splits a column that is not there', { trees: [{ ...stump, column: 2 }] }, 'splits'],
    ['splits at no number', { trees: [{ ...stump, split: Number.POSITIVE_INFINITY }] }, 'splits'],
  ])('%s', (_, difference, reason) => {
    const file = onnxFile({ width: 2, trees: [stump], ...difference });
    expect(() => readTreeEnsemble(file, contract)).toThrow(UnsupportedGraph);
    expect(() => readTreeEnsemble(file, contract)).toThrow(reason);
  });

  it('has another input or output than its manifest says', () => {
    const file = onnxFile({ width: 2, trees: [stump] });
    expect(() => readTreeEnsemble(file, { ...contract, input: 'x' })).toThrow(UnsupportedGraph);
    expect(() => readTreeEnsemble(file, { ...contract, output: 'label' })).toThrow(UnsupportedGraph);
  });

  it('is damaged in any way, if it can not be read', () => {
    const good = onnxFile({ width: 2, trees: [stump, { ...stump, no: stump }], base: 1, packed: true });
    const change = fc.record({ at: fc.nat({ max: good.length - 1 }), byte: fc.nat({ max: 255 }) });
    const damage = fc.array(change, { minLength: 1, maxLength: 5 });
    const property = fc.property(damage, fc.integer({ min: good.length - 3, max: good.length }), (changes, length) => {
      const file = Buffer.from(good);
      for (const { at, byte } of changes) file[at] = byte;
      try {
        treeEngine(readTreeEnsemble(file.subarray(0, length), contract));
      } catch (error) {
        expect(error).toBeInstanceOf(UnsupportedGraph);
      }
    });
    fc.assert(property, { numRuns: 5_000 });
  });
});
