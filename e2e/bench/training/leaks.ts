import { join } from 'node:path';
import { repositoryRoot } from '../../harness/repository-root.js';
import { trainOurs } from './contenders.js';
import { markdownTable } from '../markdown-table.js';
import type { Random } from '../random.js';
import type { Cell, MadeTable } from './tables.js';
import { writeTable } from './tables.js';

const samples = join(repositoryRoot(), 'e2e', 'samples', 'data');

/** What matters is what is found before the training: the model may be bad. */
const quick = ['--trials', '1', '--parameter', 'num_boost_round=2', '--parameter', 'max_depth=2'];

/** Two normal distributions so far apart have the ROC AUC of the name. */
const apart = { '.90': 1.8124, '.97': 2.6599 } as const;

type Planted = (left: boolean, random: Random) => Cell;

const leaks: Readonly<Record<string, Planted>> = {
  'copy of the label with 0.1 % flips': (left, { uniform }) => (left !== uniform() < 0.001 ? 'gone' : 'here'),
  'category that encodes it': (left, { below }) => `${left ? 'closed' : 'open'} ${below(40)}`,
  'near-copy with ROC AUC .97': (left, { normal }) => fourDecimals(normal() + (left ? apart['.97'] : 0)),
  'filled only for leavers': (left, { below }) => (left ? `reason ${below(9)}` : null),
};

/** A table with an honest column of ROC AUC .90, some that tell little or nothing, and one more. */
function tableWith(planted: Planted, share: number): MadeTable {
  return {
    columns: ['honest', 'weak', 'noise', 'plan', 'planted', 'churn'],
    row(random) {
      const left = random.uniform() < share;
      const shifted = (distance: number) => fourDecimals(random.normal() + (left ? distance : 0));
      const plan = `plan ${random.below(left ? 6 : 8)}`;
      const cells = [shifted(apart['.90']), shifted(0.4), fourDecimals(random.normal()), plan, planted(left, random)];
      return [...cells, left ? 'yes' : 'no'];
    },
  };
}

function fourDecimals(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

export interface LeakOptions {
  readonly folder: string;
  /** Folder with iranian.csv, which may not be shipped. */
  readonly data: string | undefined;
  /** Generated tables without a leak. */
  readonly tables: number;
}

/** Looks for planted leaks, and for columns that are blamed wrongly, through the command. */
export async function judgeLeakGuard({ folder, data, tables }: LeakOptions): Promise<string> {
  const found: string[][] = [];
  for (const [name, planted] of Object.entries(leaks))
    found.push([name, ...(await findPlanted(name, planted, folder))]);
  const public_ = await blamedInPublic(folder, data);
  const blamed = await blamedInGenerated(folder, tables);
  return [
    markdownTable(['planted', ...plantedSizes.map(({ rows, share }) => `${rows} rows, ${share * 100} % left`)], found),
    '',
    `Blamed wrongly: ${public_}; ${blamed} of ${tables} generated tables of 200 to 5,000 rows with an honest column of ROC AUC .90.`,
  ].join('\n');
}

const plantedSizes = [
  { rows: 2000, share: 0.25 },
  { rows: 2000, share: 0.5 },
  { rows: 10_000, share: 0.25 },
] as const;

async function findPlanted(name: string, planted: Planted, folder: string): Promise<string[]> {
  const cells: string[] = [];
  for (const [seed, { rows, share }] of plantedSizes.entries()) {
    const path = join(folder, 'planted.csv');
    await writeTable(path, tableWith(planted, share), rows, seed + 1);
    const columns = await leakingColumns(path, ['--label', 'churn'], folder);
    process.stderr.write(`${name}, ${rows} rows: ${columns.join(', ') || 'nothing found'}\n`);
    cells.push(columns.join() === 'planted' ? 'found' : `found: ${columns.join(', ') || 'nothing'}`);
  }
  return cells;
}

async function blamedInPublic(folder: string, data: string | undefined): Promise<string> {
  const sets = [
    { name: 'telco', path: join(samples, 'telco.csv'), options: ['--label', 'churn', '--entity-key', 'customer_id'] },
    { name: 'mlc_churn', path: join(samples, 'mlc_churn.csv'), options: ['--label', 'churn'] },
    ...(data === undefined
      ? []
      : [{ name: 'iranian', path: join(data, 'iranian.csv'), options: ['--label', 'Churn'] }]),
  ];
  const told: string[] = [];
  for (const { name, path, options } of sets) {
    const columns = await leakingColumns(path, options, folder);
    told.push(`${columns.length === 0 ? 'nothing' : columns.join(', ')} in ${name}`);
  }
  return told.join(', ');
}

async function blamedInGenerated(folder: string, tables: number): Promise<number> {
  let blamed = 0;
  for (let seed = 0; seed < tables; seed += 1) {
    const path = join(folder, 'honest.csv');
    const rows = 200 + Math.floor((4800 * seed) / Math.max(1, tables - 1));
    const honest: Planted = (_, { below }) => `group ${below(20)}`;
    await writeTable(path, tableWith(honest, seed % 2 === 0 ? 0.2 : 0.4), rows, 1000 + seed);
    const columns = await leakingColumns(path, ['--label', 'churn'], folder);
    if (columns.length > 0) blamed += 1;
    if (seed % 20 === 19) process.stderr.write(`${seed + 1} tables without a leak: ${blamed} blamed\n`);
  }
  return blamed;
}

/** Columns that the report of a training says give the label away. */
async function leakingColumns(path: string, options: readonly string[], folder: string): Promise<string[]> {
  const { manifest } = await trainOurs(['--data', path, ...options, ...quick], join(folder, 'guarded'));
  const findings = manifest.dataReport?.findings ?? [];
  return findings
    .filter(({ kind }) => kind === 'LeakingColumn')
    .map(({ message }) => /^Column "([^"]*)"/.exec(message)?.[1] ?? message);
}
