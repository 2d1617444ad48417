import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { nativeConfig } from '../config.js';
import { exactProbabilities } from '../onnx/exact-probabilities.js';
import { parseModel } from '../onnx/xgboost-model.js';
import { NativeLibrary } from './native-library.js';
import { Booster } from './booster.js';
import { probabilities } from '../evaluation/calibrate.js';
import { marginsOf, refit } from './refit.js';

const Parameters = z.record(z.string(), z.union([z.string(), z.number()]));
const folder = new URL('../../../e2e/samples/data/parity/', import.meta.url);

function lines(name: string): string[][] {
  const text = readFileSync(fileURLToPath(new URL(name, folder)), 'utf8');
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
}

function float(text: string | undefined): number {
  return text === undefined || text === '' ? Number.NaN : Number(text);
}

describe('XGBoost through koffi', () => {
  const library = new NativeLibrary(nativeConfig({}).library);

  it.each(['telco', 'mlc_churn'])('gives the probabilities of Python on %s', async (set) => {
    const rows = lines(`${set}_matrix.csv`);
    const width = rows[0]!.length - 2;
    const values = (chosen: string[][]) => Float32Array.from(chosen.flatMap((row) => row.slice(2).map(float)));
    const training = rows.filter((row) => row[0] === 'train');
    const parameters = Parameters.parse(
      JSON.parse(readFileSync(fileURLToPath(new URL(`${set}_params.json`, folder)), 'utf8')),
    );
    const data = { values: values(training), width, labels: Float32Array.from(training, (row) => float(row[1])) };
    const json = await refit(library, parameters, data, 100);
    const expected = lines(`${set}_pred.csv`);
    const worst = (scores: ArrayLike<number>) =>
      Math.max(...expected.map((row) => Math.abs(float(row[1]) - (scores[Number(row[0])] ?? Number.NaN))));
    expect(worst(probabilities(marginsOf(library, json, values(rows), width)))).toBeLessThanOrEqual(1e-6);
    expect(worst(exactProbabilities(parseModel(json), values(rows), width))).toBeLessThanOrEqual(1e-6);
  });

  it('says in its own words what is wrong', () => {
    using booster = new Booster(library, {}, []);
    expect(() => {
      booster.loadJson('{');
    }).toThrow(/XGBoost failed to loadModel: .*/);
  });
});
