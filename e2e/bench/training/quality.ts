import { join } from 'node:path';
import { repositoryRoot } from '../../harness/repository-root.js';
import { spreadOf } from '../rounds.js';
import type { Figures } from './contenders.js';
import { runPeer, trainOurs } from './contenders.js';
import { markdownTable } from '../markdown-table.js';
import { driftingCustomers, shopCustomers, writeSplit, writeTable } from './tables.js';

/** A set with fixed rows to learn from and to be judged on. */
interface JudgedSet {
  readonly name: string;
  readonly data: string;
  readonly split: string;
  readonly label: string;
  readonly positive: string;
  readonly key?: string;
  /** What the design asks for. */
  readonly asked?: { readonly RocAUC: number; readonly LogLoss: number; readonly F1: number };
}

const samples = join(repositoryRoot(), 'e2e', 'samples', 'data');
const shown = ['RocAUC', 'LogLoss', 'F1', 'PrAUC', 'Brier', 'ECE', 'CalibrationZ'] as const;
const GENERATED_ROWS = 8000;

/** Our trainer and a tuned XGBoost in Python on the same rows, for each set and seed: medians over the seeds. */
export async function judgeQuality({ folder, data, seeds, trials }: QualityOptions): Promise<string> {
  const rows: string[][] = [];
  const cpu = { ours: 0, peer: 0 };
  for (const set of await judgedSets(folder, data)) {
    const found: { ours: Figures; peer: Figures }[] = [];
    for (let seed = 1; seed <= seeds; seed += 1) {
      const [ours, peer] = [await judgeOurs(set, seed, { folder, trials }), await judgePeer(set, seed, trials)];
      cpu.ours += ours.cpuSeconds;
      cpu.peer += peer.cpuSeconds;
      found.push({ ours: ours.manifest.metrics, peer: peer.figures });
      const line = [
        set.name,
        seed,
        ...shown.map((name) => `${name} ${told(name, ours.manifest.metrics)} : ${told(name, peer.figures)}`),
      ];
      process.stderr.write(
        `${line.join('  ')}  (${ours.cpuSeconds.toFixed(0)} s : ${peer.cpuSeconds.toFixed(0)} s of CPU)\n`,
      );
    }
    rows.push(...linesOf(set, found));
  }
  return [
    markdownTable(['set', 'who', ...shown], rows),
    '',
    `Medians of seeds 1 to ${seeds}, ${trials} trials each. CPU of all runs together: ours ${cpu.ours.toFixed(0)} s, the peer's ${cpu.peer.toFixed(0)} s.`,
  ].join('\n');
}

export interface QualityOptions {
  /** For what is made on the way. */
  readonly folder: string;
  /** Folder with iranian.csv, which may not be shipped. */
  readonly data: string | undefined;
  readonly seeds: number;
  readonly trials: number;
}

async function judgedSets(folder: string, data: string | undefined): Promise<JudgedSet[]> {
  const shipped = (name: string) => ({
    name,
    data: join(samples, `${name}.csv`),
    split: join(samples, 'splits', `${name}.csv`),
  });
  const made = async (name: string, table: typeof shopCustomers, seed: number) => {
    const set = { name, data: join(folder, `${name}.csv`), split: join(folder, `${name}-split.csv`) };
    await writeTable(set.data, table, GENERATED_ROWS, seed);
    await writeSplit(set.split, GENERATED_ROWS, seed);
    return { ...set, label: 'churn', positive: 'yes' };
  };
  const telco = { RocAUC: 0.844, LogLoss: 0.418, F1: 0.62 };
  const mlc = { RocAUC: 0.915, LogLoss: 0.154, F1: 0.82 };
  const iranian = { RocAUC: 0.99, LogLoss: 0.082, F1: 0.88 };
  return [
    { ...shipped('telco'), label: 'churn', positive: 'Yes', key: 'customer_id', asked: telco },
    { ...shipped('mlc_churn'), label: 'churn', positive: 'yes', asked: mlc },
    ...(data === undefined
      ? []
      : [{ ...shipped('iranian'), data: join(data, 'iranian.csv'), label: 'Churn', positive: '1', asked: iranian }]),
    await made('interactions', shopCustomers, 11),
    await made('drifting', driftingCustomers, 12),
  ];
}

function judgeOurs(set: JudgedSet, seed: number, { folder, trials }: { folder: string; trials: number }) {
  const target = ['--data', set.data, '--label', set.label, '--positive-label', set.positive];
  const key = set.key === undefined ? [] : ['--entity-key', set.key];
  const how = ['--split-file', set.split, '--seed', String(seed), '--trials', String(trials)];
  return trainOurs([...target, ...key, ...how], join(folder, `${set.name}-${seed}`));
}

function judgePeer({ data, label, positive, split, key }: JudgedSet, seed: number, trials: number) {
  return runPeer('tuned.py', [
    data,
    label,
    positive,
    split,
    String(seed),
    String(trials),
    ...(key === undefined ? [] : [key]),
  ]);
}

function linesOf({ name, asked }: JudgedSet, found: readonly { ours: Figures; peer: Figures }[]): string[][] {
  const medians = (who: 'ours' | 'peer') =>
    Object.fromEntries(
      shown.map((figure) => [figure, spreadOf(found.map((each) => each[who][figure] ?? Number.NaN)).median]),
    );
  const line = (who: string, figures: Figures) => [name, who, ...shown.map((figure) => told(figure, figures))];
  const goal = asked && [name, 'asked', `≥ ${asked.RocAUC}`, `≤ ${asked.LogLoss}`, `≥ ${asked.F1}`, '', '', '', ''];
  return [line('ours', medians('ours')), line('Python', medians('peer')), ...(goal ? [goal] : [])];
}

function told(name: string, figures: Figures): string {
  return (figures[name] ?? Number.NaN).toFixed(name === 'CalibrationZ' ? 2 : 4);
}
