/**
 * Serving beside what people would use instead, in one interleaved run.
 *
 *   node e2e/dist/bench/serving/main.js [--parts requests,latency,batches,start,engine,routing] [--peers all|npm] [--rounds 8]
 *     [--seconds 2] [--rate 2000] [--attempts 1] [--dry]
 *
 * Ratios are taken inside a round. Prints the figures beside what is asked of them, and writes them into docs/benchmarks.md
 * unless it is a dry run. A missed gate is no error; a server that answers wrongly is.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { z } from 'zod';
import { repositoryRoot } from '../../harness/repository-root.js';
import { allowedCores, pin } from '../cores.js';
import { customerBodies } from '../customers.js';
import { machine } from '../machine.js';
import type { PythonPeer } from '../python-peer.js';
import { preparePython } from '../python-peer.js';
import { trainOurs } from '../training/contenders.js';
import { judgeBatches } from './batches.js';
import { judgeStart } from './cold-start.js';
import { judgeEngines } from './engines.js';
import type { Stage } from './contenders.js';
import { judgedTable, missesGate } from './figure.js';
import { judgeLatency } from './latency.js';
import { writeBlock } from './measured-block.js';
import type { Found, Setting, TrainedModel } from './part.js';
import { judgeRequests } from './requests.js';

const Part = z.enum(['requests', 'latency', 'batches', 'start', 'engine', 'routing']);
type Part = z.infer<typeof Part>;

const Options = z.object({
  parts: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(Part)),
  peers: z.enum(['all', 'npm']),
  rounds: z.coerce.number().int().min(1),
  seconds: z.coerce.number().positive(),
  rate: z.coerce.number().positive(),
  attempts: z.coerce.number().int().min(1),
  dry: z.boolean(),
});
type Options = z.infer<typeof Options>;

const root = repositoryRoot();
const samples = join(root, 'e2e', 'samples', 'data');
const [table, split] = [join(samples, 'telco.csv'), join(samples, 'splits', 'telco.csv')];

/** Of the model that all servers answer with. */
const SERVED_TREES = 300;

function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      parts: { type: 'string', default: Part.options.join(',') },
      peers: { type: 'string', default: 'all' },
      rounds: { type: 'string', default: '8' },
      seconds: { type: 'string', default: '2' },
      rate: { type: 'string', default: '2000' },
      attempts: { type: 'string', default: '1' },
      dry: { type: 'boolean', default: false },
    },
  });
  return Options.parse(values);
}

/** Not calibrated: then XGBClassifier gives the same probabilities by itself. */
async function trained(trees: number, folder: string): Promise<TrainedModel> {
  process.stderr.write(`Training a model of ${trees} trees\n`);
  const out = join(folder, `model-${trees}`);
  const data = ['--data', table, '--label', 'churn', '--entity-key', 'customer_id', '--split-file', split];
  const parameters = [`num_boost_round=${trees}`, 'max_depth=6', 'eta=0.05'].flatMap((each) => ['--parameter', each]);
  const { manifest } = await trainOurs([...data, '--trials', '1', '--calibration', 'none', ...parameters], out);
  return { trees, folder: out, manifest };
}

const peerFolder = join(root, 'e2e', 'bench', 'serving', 'peers', 'fastapi');

function preparePeers(): Promise<PythonPeer> {
  return preparePython(peerFolder, join(root, '.cache', 'serving-peer'));
}

/** The model as XGBoost keeps it, trained anew by Python. */
async function xgboostModel(python: string, model: TrainedModel): Promise<string> {
  const out = join(model.folder, 'xgboost.json');
  const env = { PYTHONDONTWRITEBYTECODE: '1' };
  await promisify(execFile)(python, [join(peerFolder, 'train.py'), table, split, model.folder, out], { env });
  return out;
}

/** A program of its own: it has fleets of its own, and two gates of its own. */
async function routing(): Promise<string> {
  const program = join(root, 'e2e', 'dist', 'bench', 'routing-cost.js');
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  return stdout.trim();
}

type Servers = Exclude<Part, 'routing' | 'engine'>;

const judges: Readonly<Record<Servers, (setting: Setting) => Promise<Found>>> = {
  requests: judgeRequests,
  latency: judgeLatency,
  batches: judgeBatches,
  start: judgeStart,
};

/** Everything but routing: it has servers of its own. */
async function measure(options: Options, folder: string, report: Report): Promise<void> {
  const parts = options.parts.filter((part) => part !== 'routing');
  if (parts.length === 0) return;
  const python = options.peers === 'npm' ? undefined : await preparePeers();
  const model = await trained(SERVED_TREES, folder);
  const models = parts.includes('engine') ? [await trained(100, folder), model, await trained(1000, folder)] : [];
  const stage = await setStage(folder, model, python);
  const setting = { ...options, stage, customers: await customerBodies(table) };
  for (const part of parts) {
    const judge = () => (part === 'engine' ? judgeEngines(models, setting) : judges[part](setting));
    await report(part, told(await judged(part, options.attempts, judge), python));
  }
}

/** Measures a part, and again where a gate was missed, since a busy machine may miss one by chance. */
async function judged(part: Part, attempts: number, judge: () => Promise<Found>): Promise<Found> {
  process.stderr.write(`Measuring: ${part}\n`);
  const found = await judge();
  return attempts > 1 && found.figures.some(missesGate) ? judged(part, attempts - 1, judge) : found;
}

/** Whatever is started from here on has the core of the clients, until it is pinned to that of the servers. */
async function setStage(folder: string, model: TrainedModel, python: PythonPeer | undefined): Promise<Stage> {
  const peer = python && { interpreter: python.python, model: await xgboostModel(python.python, model) };
  const [serverCore = 0, ...cores] = await allowedCores();
  await pin(process.pid, cores.at(-1) ?? serverCore);
  return { folder, artifact: model.folder, python: peer, serverCore };
}

type Report = (part: Part, text: string) => Promise<void>;

async function main(): Promise<void> {
  const options = optionsOf(process.argv.slice(2));
  const folder = await mkdtemp(join(tmpdir(), 'churnops-bench-'));
  const report = async (part: Part, text: string) => {
    process.stdout.write(`## ${part}\n\n${text}\n\n`);
    if (!options.dry) await writeBlock(part, text);
  };
  try {
    // First, since it takes all cores.
    if (options.parts.includes('routing')) await report('routing', await routing());
    await measure(options, folder, report);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function told({ figures, beside }: Found, python: PythonPeer | undefined): string {
  const load = loadavg().map((each) => each.toFixed(1));
  return [judgedTable(figures), beside, `${machine(python?.versions)} Load of the machine: ${load.join(', ')}.`].join(
    '\n\n',
  );
}

await main();
