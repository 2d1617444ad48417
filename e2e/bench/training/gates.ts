import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot } from '../../harness/repository-root.js';
import type { Training } from './contenders.js';
import { trainOurs } from './contenders.js';
import { markdownTable } from './markdown-table.js';
import type { Random } from './random.js';
import { randomOf } from './random.js';

const telco = join(repositoryRoot(), 'e2e', 'samples', 'data', 'telco.csv');

export interface GateOptions {
  readonly folder: string;
  readonly pairs: number;
  readonly trials: number;
}

/** Trains models of Telco that are equally good, each compared with the one before, and some that are worse. */
export async function judgeGates({ folder, pairs, trials }: GateOptions): Promise<string> {
  const refusals = new Map<string, number>();
  const train = trainingIn(folder, trials);
  let current = await train('model-0', { data: telco, seed: 0 });
  const first = current.out;
  for (let pair = 1; pair <= pairs; pair += 1) {
    // Each forgets another tenth of the customers: retrainings differ in their data too, not in their seed alone.
    const data = join(folder, 'customers.csv');
    await rewrite(data, pair, (line, { uniform }) => (uniform() < 0.1 ? undefined : line));
    current = await train(`model-${pair}`, { data, seed: pair, current: current.out });
    for (const metric of failedIn(current.training)) refusals.set(metric, (refusals.get(metric) ?? 0) + 1);
    process.stderr.write(`Pair ${pair}: ${failedIn(current.training).join(', ') || 'passed'}\n`);
  }
  const worst = Math.max(0, ...refusals.values());
  const named = [...refusals].map(([metric, count]) => `${metric} ${count}`).join(', ');
  const rows = await judgeWorse(folder, (name, data) => train(name, { data, seed: 1, current: first }));
  return [
    `${pairs} pairs of equally good models: ${worst === 0 ? 'no gate refused one' : `refused by ${named}`} (asked: at most 2 of 40 a gate).`,
    '',
    markdownTable(['worse model', 'refused by'], rows),
  ].join('\n');
}

interface TrainTask {
  readonly data: string;
  readonly seed: number;
  /** Folder of the model that serves. */
  readonly current?: string;
}

function trainingIn(folder: string, trials: number) {
  return async (name: string, { data, seed, current }: TrainTask): Promise<{ out: string; training: Training }> => {
    const out = join(folder, name);
    const compared = current === undefined ? [] : ['--current', current];
    const table = ['--data', data, '--label', 'churn', '--entity-key', 'customer_id'];
    const training = await trainOurs([...table, '--seed', String(seed), '--trials', String(trials), ...compared], out);
    if (current !== undefined && training.manifest.comparison === undefined)
      throw new Error(`${name} was not compared: ${training.manifest.warnings.join(' ')}`);
    return { out, training };
  };
}

/** The gates that refuse a model, with their figures. */
function failedIn({ manifest }: Training): string[] {
  return manifest.gates.filter(({ passed }) => !passed).map(({ metric }) => metric);
}

const worse: Readonly<Record<string, (line: string, random: Random) => string | undefined>> = {
  'labels of four in ten rows are shuffled': (line, random) =>
    random.uniform() < 0.4 ? withLabel(line, random.uniform() < 0.265 ? 'Yes' : 'No') : line,
  'all labels are shuffled': (line, random) => withLabel(line, random.uniform() < 0.265 ? 'Yes' : 'No'),
  'a third of the leavers are called stayers': (line, random) =>
    random.uniform() < 1 / 3 ? withLabel(line, 'No') : line,
};

async function judgeWorse(
  folder: string,
  train: (name: string, data: string) => Promise<{ training: Training }>,
): Promise<string[][]> {
  const rows: string[][] = [];
  for (const [name, change] of Object.entries(worse)) {
    const data = join(folder, 'worse.csv');
    await rewrite(data, 7, change);
    const { training } = await train('worse', data);
    rows.push([name, failedIn(training).join(', ') || 'none']);
  }
  return rows;
}

/** The label is the second column. */
function withLabel(line: string, label: string): string {
  return line.replace(/^("[^"]*"),"[^"]*"/, `$1,"${label}"`);
}

/** Writes the lines of Telco anew, but for the header; undefined leaves one out. */
async function rewrite(path: string, seed: number, change: (line: string, random: Random) => string | undefined) {
  const [header = '', ...lines] = (await readFile(telco, 'utf8')).trim().split('\n');
  const random = randomOf(seed);
  const kept = lines.map((line) => change(line, random)).filter((line) => line !== undefined);
  await writeFile(path, `${[header, ...kept].join('\n')}\n`);
}
