import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '@churnops/crds';
import { artifactKeys } from '@churnops/crds';
import type { Engine } from '@churnops/serving/dist/engine/engine.js';
import { loadEngine } from '@churnops/serving/dist/engine/load-engine.js';
import { loadOnnxRuntime } from '@churnops/serving/dist/engine/onnx-runtime.js';
import { rowEncoder } from '@churnops/serving/dist/model/row-encoder.js';
import { markdownTable } from '../markdown-table.js';
import { spreadOf } from '../rounds.js';
import type { Asked, Figure } from './figure.js';
import { ratioFigure } from './figure.js';
import { interleaved } from './interleaved.js';
import type { Found, Setting, TrainedModel } from './part.js';

const sizes = [1, 100, 1000] as const;

/** For one row, by the number of trees. */
const goals = new Map([
  [100, 10],
  [300, 8],
  [1000, 6],
]);

/** Of the seconds of a window: engines need less than servers. */
const SHARE = 1 / 40;

/** Our own engine beside ONNX Runtime in this process, in CPU time of all threads. */
export async function judgeEngines(models: readonly TrainedModel[], { customers, ...scale }: Setting): Promise<Found> {
  const figures: Figure[] = [];
  const rows: string[][] = [];
  for (const model of models) {
    const matrix = encoded(model.manifest, customers);
    const engines = await bothEngines(model);
    for (const size of sizes) {
      const played = await interleaved(['own', 'runtime'], scale.rounds, (name) =>
        cost(engines[name], matrix, size, scale.seconds * SHARE),
      );
      const ratio = ratioFigure(
        `engine to ONNX Runtime, ${model.trees} trees, ${size === 1 ? 'one row' : `${size} rows`}`,
        played.map((of) => of('runtime') / of('own')),
        size === 1 ? askedOf(model.trees) : undefined,
      );
      figures.push(ratio);
      const told = (name: 'own' | 'runtime') => `${spreadOf(played.map((of) => of(name))).median.toFixed(1)} us`;
      rows.push([String(model.trees), String(size), told('own'), told('runtime')]);
    }
    await Promise.all([engines.own.close(), engines.runtime.close()]);
  }
  const table = markdownTable(['trees', 'rows at once', 'own engine', 'ONNX Runtime'], rows);
  return {
    figures,
    beside: `${table}\n\nCPU time of one call, ${scale.rounds} rounds; models of Telco, trees of depth 6.`,
  };
}

function askedOf(trees: number): Asked {
  const goal = goals.get(trees);
  return { better: 'higher', gate: 3, ...(goal === undefined ? {} : { goal }) };
}

async function bothEngines({ folder, manifest }: TrainedModel): Promise<Record<'own' | 'runtime', Engine>> {
  const bytes = await readFile(join(folder, artifactKeys.model));
  const [own, runtime] = [await loadEngine(bytes, manifest.model), await loadOnnxRuntime(bytes, manifest.model)];
  if (own.name !== 'Trees') throw new Error('The server would not take its own engine');
  return { own, runtime };
}

interface Matrix {
  readonly values: Float32Array;
  readonly rows: number;
  readonly width: number;
}

function encoded(manifest: Manifest, customers: readonly string[]): Matrix {
  const encoder = rowEncoder(manifest);
  const { width } = encoder;
  const values = new Float32Array(customers.length * width);
  customers.forEach((customer, row) => {
    const outcome = encoder.encode(JSON.parse(customer), values, row * width);
    if (outcome.kind === 'Refused') throw new Error(`The model refuses ${customer}`);
  });
  return { values, rows: customers.length, width };
}

/** CPU time for scoring so many rows at once, in microseconds. */
async function cost(engine: Engine, { values, rows, width }: Matrix, size: number, seconds: number): Promise<number> {
  const before = process.cpuUsage();
  const end = performance.now() + seconds * 1000;
  let calls = 0;
  do {
    const from = ((calls * 37 * size) % (rows - size)) * width;
    await engine.probabilities(values.slice(from, from + size * width), size);
    calls += 1;
  } while (performance.now() < end);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}
