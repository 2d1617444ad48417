// What scoring costs: our own engine beside ONNX Runtime, in CPU time of all threads.
//
//   node e2e/bench/engine-cost.mjs [--rounds 15] [--milliseconds 40]
//
// In every round each of them scores for so long, one after the other, and ratios are taken inside a round. Prints Markdown.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { loadEngine } from '../../serving/dist/engine/load-engine.js';
import { loadOnnxRuntime } from '../../serving/dist/engine/onnx-runtime.js';
import { onnxFile } from '../../serving/src/fixtures/onnx-file.ts';
import { spreadOf } from '../dist/bench/rounds.js';

const { values: scale } = parseArgs({
  options: { rounds: { type: 'string', default: '15' }, milliseconds: { type: 'string', default: '40' } },
});

const width = 40;
const depth = 6;
const matrixRows = 2_000;
const contract = { file: 'model.onnx', input: 'features', output: 'probabilities', width };

/** The same numbers in each run (mulberry32). */
let state = 1;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

/** Some branches end early, as in trees that were trained. */
function randomTree(levels) {
  if (levels === 0 || (levels < depth && random() < 0.1)) return (random() - 0.5) / 10;
  return {
    column: Math.floor(random() * width),
    split: random(),
    mode: 'BRANCH_LT',
    missing: random() < 0.5,
    yes: randomTree(levels - 1),
    no: randomTree(levels - 1),
  };
}

const matrix = Float32Array.from({ length: matrixRows * width }, () => (random() < 0.02 ? Number.NaN : random()));

/** CPU time for scoring so many rows at once, in microseconds. */
async function cost(engine, rows) {
  const start = process.cpuUsage();
  const end = performance.now() + Number(scale.milliseconds);
  let calls = 0;
  while (calls === 0 || performance.now() < end) {
    const from = ((calls * 37 * rows) % (matrixRows - rows)) * width;
    await engine.probabilities(matrix.slice(from, from + rows * width), rows);
    calls += 1;
  }
  const { user, system } = process.cpuUsage(start);
  return (user + system) / calls;
}

async function compare(engines, rows) {
  const rounds = [];
  for (const engine of engines) await cost(engine, rows);
  for (let round = 0; round < Number(scale.rounds); round += 1) {
    const [own, runtime] = [await cost(engines[0], rows), await cost(engines[1], rows)];
    rounds.push({ own, runtime, ratio: runtime / own });
  }
  const of = (part) => spreadOf(rounds.map((round) => round[part]));
  const { median, quartiles } = of('ratio');
  const micros = (part) => `${of(part).median.toFixed(1)} us`;
  const half = quartiles.map((quartile) => quartile.toFixed(1)).join(' - ');
  return [micros('own'), micros('runtime'), median.toFixed(1), half];
}

console.log('| trees | rows at once | own engine | ONNX Runtime | ratio | middle half |');
console.log('| ----- | ------------ | ---------- | ------------ | ----- | ----------- |');
for (const trees of [100, 300, 1000]) {
  const model = onnxFile({ width, trees: Array.from({ length: trees }, () => randomTree(depth)), packed: true });
  const engines = [await loadEngine(model, contract), await loadOnnxRuntime(model, contract)];
  if (engines[0].name !== 'Trees') throw new Error('The server would not take its own engine');
  for (const rows of [1, 100, 1000]) {
    console.log(`| ${[trees, rows, ...(await compare(engines, rows))].join(' | ')} |`);
  }
}
const date = new Date().toISOString().slice(0, 10);
console.log(`\n${date}, Node ${process.versions.node}, ${cpus().length} cores of ${cpus()[0].model.trim()}.`);
