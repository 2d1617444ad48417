import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Manifest } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import type { WrittenEnsemble, WrittenNode } from '../fixtures/onnx-file.js';
import { onnxFile, single, texts } from '../fixtures/onnx-file.js';
import { randomCase } from '../fixtures/random-ensemble.js';
import { readTreeEnsemble } from './tree-ensemble.js';
import { treeEngine } from './tree-engine.js';

const fixtures = join(import.meta.dirname, '..', 'fixtures');
const program = join(fixtures, 'onnx-runtime-process.mjs');
const Answer = z.union([
  z.object({ name: z.string(), probabilities: z.array(z.number()) }),
  z.object({ error: z.string() }),
]);

const manifest = Manifest.parse(JSON.parse(await readFile(join(fixtures, 'artifact', 'manifest.json'), 'utf8')));
const contractOf = (width: number) => ({ ...manifest.model, width });

let runtime: ReturnType<typeof fork>;
beforeAll(() => {
  runtime = fork(program, { serialization: 'advanced', execArgv: [] });
});
afterAll(() => {
  runtime.kill();
});

/** Which engine the server takes, and what ONNX Runtime answers. */
async function asked(model: Buffer, width: number, matrix: Float32Array) {
  const reply = once(runtime, 'message').then(([answer]: unknown[]) => Answer.parse(answer));
  runtime.send({ model, contract: contractOf(width), matrix });
  return reply;
}

function own(model: Buffer, width: number, matrix: Float32Array): Promise<Float64Array> {
  return treeEngine(readTreeEnsemble(model, contractOf(width))).probabilities(matrix, matrix.length / width);
}

describe('our own engine beside ONNX Runtime', () => {
  it('answers the same for random trees, on missing values, splits, their neighbours, zeros and infinities', async () => {
    const property = fc.asyncProperty(randomCase, async ({ ensemble, matrix }) => {
      const model = onnxFile(ensemble);
      const expected = await asked(model, ensemble.width, matrix);
      const probabilities = [...(await own(model, ensemble.width, matrix))];
      expect(expected).toEqual({ name: 'Trees', probabilities: probabilities.map((each) => expect.closeTo(each, 6)) });
    });
    await fc.assert(property, { numRuns: 100 });
  });
});

describe('ONNX Runtime takes sums of leaves for log odds, whatever their sign: so does our own engine', () => {
  it.each<[string, Partial<WrittenEnsemble>, number]>([
    ['all positive', { trees: [0.25, 1] }, 1.25],
    ['all positive, of the second class', { trees: [0.25, 1], classId: 1 }, 1.25],
    ['all positive, with a base value that is', { trees: [0.25, 1], base: 3 }, 4.25],
    ['all positive, with a base value that makes the sum negative', { trees: [0.25, 1], base: -3 }, -1.75],
    ['all zero', { trees: [0, 0], base: -1 }, -1],
    ['all negative', { trees: [-0.25, -1] }, -1.25],
  ])('%s', async (_, difference, sum) => {
    const model = onnxFile({ width: 1, trees: [], ...difference });
    const row = Float32Array.of(0);
    const expected = expect.closeTo(1 / (1 + Math.exp(-sum)), 6);
    expect([...(await own(model, 1, row))]).toEqual([expected]);
    expect(await asked(model, 1, row)).toEqual({ name: 'Trees', probabilities: [expected] });
  });
});

const stump = chain(1);

describe('ONNX Runtime is asked', () => {
  it.each<[string, Partial<WrittenEnsemble>]>([
    ['when the base value is about another class than the weights', { classId: 1, base: 0.5 }],
    ['for another post transform', { attributes: { post_transform: single('NONE') } }],
    ['for splits that our engine does not know', { attributes: { nodes_modes: texts(['BRANCH_GT', 'LEAF', 'LEAF']) } }],
    ['for trees that are very deep', { trees: [chain(65)] }],
  ])('%s', async (_, difference) => {
    const model = onnxFile({ width: 1, trees: [stump], ...difference });
    expect(await asked(model, 1, Float32Array.of(0))).toMatchObject({ name: 'OnnxRuntime' });
  });
});

function chain(depth: number): WrittenNode {
  return { column: 0, split: 1, mode: 'BRANCH_LT', missing: true, yes: depth === 1 ? -1 : chain(depth - 1), no: 2 };
}
