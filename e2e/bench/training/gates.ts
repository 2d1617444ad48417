import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot } from '../../harness/repository-root.js';
import type { Training } from './contenders.js';
import { trainOurs } from './contenders.js';
import { markdownTable } from '../markdown-table.js';
import type { Random } from '../random.js';
import { randomOf } from '../random.js';

const samples = join(repositoryRoot(), 'e2e', 'samples', 'data');
const [telco, split] = [join(samples, 'telco.csv'), join(samples, 'splits', 'telco.csv')];

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
  for (let pair = 1; pair <= pairs; pair += 1) {
    // Each forgets another tenth of the customers: retrainings differ in their data too, not in their seed alone.
    const data = join(folder, 'customers.csv');
    const { uniform } = randomOf(pair);
    await rewrite(data, (line) => (uniform() < 0.1 ? undefined : line));
    current = await train(`model-${pair}`, { data, seed: pair, current: current.out });
    for (const metric of failedIn(current.training)) refusals.set(metric, (refusals.get(metric) ?? 0) + 1);
    process.stderr.write(`Pair ${pair}: ${failedIn(current.training).join(', ') || 'passed'}\n`);
  }
  const worst = Math.max(0, ...refusals.values());
  const named = [...refusals].map(([metric, count]) => `${metric} ${count}`).join(', ');
  const rows = await judgeWorse(folder, train);
  return [
    `${pairs} pairs of equally good models: ${worst === 0 ? 'no gate refused one' : `refused by ${named}`} (asked: at most 2 of 40 a gate).`,
    '',
    markdownTable(['worse model', 'refused by'], rows),
  ].join('\n');
}

interface TrainTask {
  readonly data: string;
  readonly seed: number;
  readonly split?: string;
  /** Folder of the model that serves. */
  readonly current?: string;
}

function trainingIn(folder: string, trials: number) {
  return async (
    name: string,
    { data, seed, split: sides, current }: TrainTask,
  ): Promise<{ out: string; training: Training }> => {
    const out = join(folder, name);
    const compared = current === undefined ? [] : ['--current', current];
    const table = ['--data', data, '--label', 'churn', '--entity-key', 'customer_id'];
    const given = sides === undefined ? [] : ['--split-file', sides];
    const how = ['--seed', String(seed), '--trials', String(trials)];
    const training = await trainOurs([...table, ...given, ...how, ...compared], out);
    if (current !== undefined && training.manifest.comparison === undefined)
      throw new Error(`${name} was not compared: ${training.manifest.warnings.join(' ')}`);
    return { out, training };
  };
}

/** The gates that refuse a model, with their figures. */
function failedIn({ manifest }: Training): string[] {
  return manifest.gates.filter(({ passed }) => !passed).map(({ metric }) => metric);
}

type Change = (line: string, random: Random) => string | undefined;

/** What becomes of the rows that are learned from; those that judge stay as they are, as nothing else shows what was lost. */
const worse: Readonly<Record<string, Change>> = {
  'learned from 2 % of the rows': (line, { uniform }) => (uniform() < 0.02 ? line : undefined),
  'labels of four in ten rows are shuffled': (line, random) =>
    random.uniform() < 0.4 ? shuffledLabel(line, random) : line,
  'all labels are shuffled': shuffledLabel,
  'a third of the leavers are called stayers': (line, { uniform }) =>
    uniform() < 1 / 3 ? withLabel(line, 'No') : line,
};

async function judgeWorse(
  folder: string,
  train: (name: string, task: TrainTask) => Promise<{ out: string; training: Training }>,
): Promise<string[][]> {
  const { out: current } = await train('split', { data: telco, split, seed: 1 });
  const rows: string[][] = [];
  for (const [name, change] of Object.entries(worse)) {
    const changed = { data: join(folder, 'worse.csv'), split: join(folder, 'worse-split.csv') };
    await rewriteLearned(changed, change);
    const { training } = await train('worse', { ...changed, seed: 1, current });
    rows.push([name, failedIn(training).join(', ') || 'none']);
    process.stderr.write(`${rows.at(-1)?.join(': ') ?? ''}\n`);
  }
  return rows;
}

/** Changes the rows that the split file gives for learning, and numbers the rows of the split anew. */
async function rewriteLearned(to: { data: string; split: string }, change: Change): Promise<void> {
  const sides = (await linesOf(split)).slice(1).map((line) => line.split(',').at(-1) ?? '');
  const random = randomOf(7);
  const kept: string[] = [];
  await rewrite(to.data, (line, row) => {
    const side = sides[row] ?? '';
    const changed = side === 'train' ? change(line, random) : line;
    if (changed !== undefined) kept.push(side);
    return changed;
  });
  await writeFile(to.split, `${['row,split', ...kept.map((side, row) => `${row},${side}`)].join('\n')}\n`);
}

function shuffledLabel(line: string, { uniform }: Random): string {
  return withLabel(line, uniform() < 0.265 ? 'Yes' : 'No');
}

/** The label is the second column. */
function withLabel(line: string, label: string): string {
  return line.replace(/^("[^"]*"),"[^"]*"/, `$1,"${label}"`);
}

/** Writes the lines of Telco anew, but for the header; undefined leaves one out. */
async function rewrite(path: string, change: (line: string, row: number) => string | undefined): Promise<void> {
  const [header = '', ...lines] = await linesOf(telco);
  const kept = lines.map(change).filter((line) => line !== undefined);
  await writeFile(path, `${[header, ...kept].join('\n')}\n`);
}

async function linesOf(path: string): Promise<string[]> {
  return (await readFile(path, 'utf8')).trim().split(/\r?\n/);
}
