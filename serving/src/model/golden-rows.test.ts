import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Manifest } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import type { Engine } from '../engine/engine.js';
import { verifyGoldenRows } from './golden-rows.js';
import { rowEncoder } from './row-encoder.js';

const { goldenSums, ...released } = Manifest.parse(
  JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/artifact/manifest.json'), 'utf8')),
);
const artifacts = { 'exact sums': { ...released, goldenSums }, 'the sums of release 0.1.0': released } as const;

/** Answers each golden row, the last one with this error. */
function engineOff(by: number, tolerance: number): Engine {
  const exact = released.goldenRows.map(({ probability }) => probability);
  const answer = Float64Array.from(exact, (probability, row) => probability + (row === exact.length - 1 ? by : 0));
  return {
    name: tolerance === 1e-6 ? 'Trees' : 'OnnxRuntime',
    tolerance,
    probabilities: () => Promise.resolve(answer),
    close: () => Promise.resolve(),
  };
}

describe('golden rows with', () => {
  it.each([
    ['exact sums', 9e-7, 1e-6, 'pass'],
    ['exact sums', -2e-6, 1e-6, 'fail'],
    ['exact sums', 9e-6, 1e-5, 'pass'],
    ['exact sums', -2e-5, 1e-5, 'fail'],
    ['exact sums', Number.NaN, 1e-6, 'fail'],
    ['the sums of release 0.1.0', 9e-6, 1e-6, 'pass'],
    ['the sums of release 0.1.0', -2e-5, 1e-6, 'fail'],
    ['the sums of release 0.1.0', Number.NaN, 1e-5, 'fail'],
  ] as const)(
    '%s that are off by %s: an engine that may be off by %s will %s',
    async (sums, by, tolerance, expected) => {
      const manifest: Manifest = artifacts[sums];
      const verified = verifyGoldenRows(manifest, rowEncoder(manifest), engineOff(by, tolerance));
      const outcome = await verified.then(
        () => 'pass',
        (error: unknown) =>
          String(error).includes('Golden row 3 of the artifact does not reproduce') ? 'fail' : error,
      );
      expect(outcome).toBe(expected);
    },
  );
});
