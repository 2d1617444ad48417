import { type ChildProcess, execFile, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { artifactKeys, Manifest, TrainingInput } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Pool } from 'undici';
import { z } from 'zod';
import { nativeConfig } from '../../trainer/src/config.js';
import { fetchLocal } from '../../trainer/src/dataset/fetch-local.js';
import { prepareData } from '../../trainer/src/dataset/prepare-data.js';
import { probabilities } from '../../trainer/src/evaluation/calibrate.js';
import { cellEncoder } from '../../trainer/src/features/cell-encoder.js';
import { calibrated } from '../../trainer/src/onnx/calibrated.js';
import { exactProbabilities } from '../../trainer/src/onnx/exact-probabilities.js';
import { exportModel } from '../../trainer/src/onnx/export-model.js';
import { parseModel } from '../../trainer/src/onnx/xgboost-model.js';
import { seededRandom } from '../../trainer/src/seeded-random.js';
import { NativeLibrary } from '../../trainer/src/xgboost/native-library.js';
import { marginsOf, refit } from '../../trainer/src/xgboost/refit.js';
import { selectRows } from '../../trainer/src/xgboost/rows.js';
import { long, repetitions } from '../harness/fault-scale.js';
import { printFigure } from '../harness/print-figure.js';
import { type Row, randomRows } from '../harness/random-rows.js';
import { repositoryRoot } from '../harness/repository-root.js';

/** Of each model. */
const ROWS = repetitions({ short: 2_000, long: 50_000 });
const CONNECTIONS = 32;
const BATCH_ROWS = 1_000;

const root = repositoryRoot();
const table = join(root, 'e2e', 'samples', 'data', 'telco.csv');
const library = new NativeLibrary(nativeConfig({}).library);

let folder = '';
let runtime: ChildProcess;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'churnops-scored-rows-'));
  // ONNX Runtime refuses the typed arrays of Jest's realm.
  const program = join(root, 'serving', 'src', 'fixtures', 'onnx-runtime-process.mjs');
  runtime = fork(program, { serialization: 'advanced', execArgv: [] });
});
afterAll(async () => {
  runtime.kill();
  await rm(folder, { recursive: true, force: true });
});

/** Trains by the command; a gate may refuse the model. */
async function trained(out: string, options: readonly string[]): Promise<Manifest> {
  const main = join(root, 'trainer', 'dist', 'main.js');
  const how = ['--data', table, '--label', 'churn', '--entity-key', 'customer_id', '--calibration', 'sigmoid'];
  await promisify(execFile)(process.execPath, [main, 'train', ...how, ...options, '--out', out]);
  return Manifest.parse(JSON.parse(await readFile(join(out, artifactKeys.manifest), 'utf8')));
}

/** XGBoost's own model behind an artifact: trained anew on the same rows with the parameters that the manifest tells. */
async function nativeModel(manifest: Manifest): Promise<string> {
  const input = TrainingInput.parse({
    data: {
      ...{ uri: manifest.data.uri, format: 'Auto', label: 'churn', entityKey: 'customer_id' },
      ...{ excludeLabels: [], excludeColumns: [], s3: { endpoint: '', region: '', forcePathStyle: true } },
    },
    ...{ features: [], seed: manifest.seed, gates: [], decision: { thresholdPolicy: 'MaximumF1' } },
  });
  const { matrix, width, labels, rows, side } = await prepareData(await fetchLocal(table), input);
  const development = Array.from({ length: rows }, (_, row) => row).filter((row) => side[row] === 0);
  const { num_boost_round: rounds, ...parameters } = manifest.parameters;
  return refit(library, parameters, selectRows({ values: matrix, width, labels }, development), Number(rounds));
}

/** By the code of the trainer, which shares none with that of the server. */
function encoded({ features, model }: Manifest, rows: readonly Row[]): Float32Array {
  const matrix = new Float32Array(rows.length * model.width);
  const encoders = features.map(({ name, ...feature }) => ({ name, encode: cellEncoder({ name, ...feature }) }));
  for (const [index, row] of rows.entries()) {
    const cells = encoders.map(({ name, encode }) => encode(row[name] ?? null));
    matrix.set(
      cells.flatMap((cell) => (cell.kind === 'Values' ? cell.values : [])),
      index * model.width,
    );
  }
  return matrix;
}

async function byOnnxRuntime(model: Buffer, contract: Manifest['model'], matrix: Float32Array): Promise<number[]> {
  const reply = once(runtime, 'message');
  runtime.send({ model, contract, matrix });
  return z.object({ probabilities: z.array(z.number()) }).parse((await reply)[0]).probabilities;
}

/** The probabilities of rows by a serving process: one request for each row, and as batches. */
async function served(artifact: string, rows: readonly Row[]): Promise<{ single: number[]; batches: number[] }> {
  const main = join(root, 'serving', 'dist', 'main.js');
  const options = ['--authentication', 'None', '--port', '0', '--metrics-port', 'off'];
  const server = spawn(process.execPath, [main, 'serve', artifact, ...options], {
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(server, 'exit');
  try {
    const pool = new Pool(await addressOf(server.stdout), { connections: CONNECTIONS });
    const ask = async (path: string, body: unknown) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await pool.request({ path, method: 'POST', headers, body: JSON.stringify(body) });
      return answer.body.json();
    };
    const single: number[] = [];
    const batches: number[] = [];
    for (let start = 0; start < rows.length; start += BATCH_ROWS) {
      const part = rows.slice(start, start + BATCH_ROWS);
      const answers = await Promise.all(part.map((row) => ask('/predict', row)));
      single.push(...answers.map((answer) => Prediction.parse(answer).probability));
      const { results } = z.object({ results: z.array(Prediction) }).parse(await ask('/predict/batch', { rows: part }));
      batches.push(...results.map(({ probability }) => probability));
    }
    await pool.close();
    return { single, batches };
  } finally {
    server.kill();
    await ended;
  }
}

const Prediction = z.object({ probability: z.number() });

async function addressOf(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const [, address] = /^Serving .* on (http:\S+)$/.exec(line) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error('The server ended before it listened');
}

/** The largest difference; NaN when an answer is no number. */
function farthest(answers: readonly number[], expected: ArrayLike<number>): number {
  expect(answers).toHaveLength(expected.length);
  return answers.reduce((worst, answer, row) => Math.max(worst, Math.abs(answer - (expected[row] ?? Number.NaN))), 0);
}

const twoThousandTrees = ['num_boost_round=2000', 'max_depth=3', 'eta=0.01']
  .flatMap((parameter) => ['--parameter', parameter])
  .concat('--trials', '1');

describe('the probabilities of random rows by /predict are those of XGBoost and of ONNX Runtime', () => {
  it.each([
    ['a model as usual', ['--trials', '1'], 1e-6],
    // XGBoost adds so many trees in float32 with an error of its own. Training them takes minutes.
    ...(long ? ([['2,000 trees', twoThousandTrees, 1e-5]] as const) : []),
  ] as const)('%s', async (name, options, nativeTolerance) => {
    const artifact = join(folder, name);
    const manifest = await trained(artifact, options);
    const json = await nativeModel(manifest);
    const onnx = await readFile(join(artifact, artifactKeys.model));
    const calibration = manifest.calibration ?? { slope: 1, intercept: 0 };
    const { width } = manifest.model;
    const model = calibrated(parseModel(json), calibration);
    // Else XGBoost is asked about another model.
    expect(onnx.equals(exportModel(model, width))).toBe(true);

    const rows = randomRows(manifest, ROWS, seededRandom(7, name));
    const matrix = encoded(manifest, rows);
    const { single, batches } = await served(artifact, rows);
    const native = probabilities(marginsOf(library, json, matrix, width), calibration);
    const worst = {
      native: farthest(single, native),
      exact: farthest(single, exactProbabilities(model, matrix, width)),
      onnxRuntime: farthest(single, await byOnnxRuntime(onnx, manifest.model, matrix)),
    };
    printFigure(`/predict, ${name}: rows`, rows.length, '');
    for (const [engine, difference] of Object.entries(worst))
      printFigure(`/predict, ${name}: farthest from ${engine}`, difference * 1e9, 'x 1e-9');
    expect(batches).toEqual(single);
    expect(worst.native).toBeLessThanOrEqual(nativeTolerance);
    expect(worst.exact).toBeLessThanOrEqual(1e-6);
    expect(worst.onnxRuntime).toBeLessThanOrEqual(1e-5);
    expect(new Set(native).size).toBeGreaterThan(ROWS / 10);
  });
});
