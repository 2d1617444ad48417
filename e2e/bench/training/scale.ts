import { existsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import type { MeasuredRun } from './measured-run.js';
import { convertToParquet, runPeer, trainOurs } from './contenders.js';
import { markdownTable } from '../markdown-table.js';
import { telephoneCustomers, writeTable } from './tables.js';

export interface ScaleOptions {
  readonly folder: string;
  /** Rows of each table. */
  readonly sizes: readonly number[];
}

const formats = ['csv', 'parquet'] as const;

/** From so many rows on trees are half as many. */
const MANY_ROWS = 5_000_000;

/** Trains on larger and larger tables with fixed parameters, in turns with the peer. */
export async function judgeScale({ folder, sizes }: ScaleOptions): Promise<string> {
  const rows: string[][] = [];
  for (const size of sizes) {
    const csv = join(folder, `customers-${size}.csv`);
    if (!existsSync(csv)) await writeTable(csv, telephoneCustomers, size, 1);
    await convertToParquet(csv);
    for (const format of formats) rows.push(...(await race(csv.replace('csv', format), size, folder)));
  }
  return [
    markdownTable(['rows', 'format', 'who', 'CPU', 'of ours', 'wall', 'peak memory', 'of ours', 'ROC AUC'], rows),
    '',
    `Load of the machine at the end: ${loadavg()
      .map((load) => load.toFixed(0))
      .join(', ')}.`,
  ].join('\n');
}

async function race(data: string, size: number, folder: string): Promise<string[][]> {
  const out = join(folder, 'large');
  const fixed = [
    'eta=0.1',
    'max_depth=6',
    'min_child_weight=1',
    'subsample=1',
    'colsample_bytree=1',
    'lambda=1',
    'gamma=0',
  ];
  const parameters = [...fixed, `num_boost_round=${size >= MANY_ROWS ? 100 : 200}`];
  const options = ['--data', data, '--label', 'churn', '--entity-key', 'customer_id', '--trials', '1'];
  const ours = await trainOurs([...options, ...parameters.flatMap((each) => ['--parameter', each])], out);
  const line = (who: string, run: MeasuredRun, auc = Number.NaN) => {
    const cells = [
      ...[size.toLocaleString('en'), data.split('.').at(-1) ?? '', who],
      ...[
        `${run.cpuSeconds.toFixed(1)} s`,
        (run.cpuSeconds / ours.cpuSeconds).toFixed(2),
        `${run.wallSeconds.toFixed(0)} s`,
      ],
      ...[`${(run.peakBytes / 2 ** 20).toFixed(0)} MiB`, (run.peakBytes / ours.peakBytes).toFixed(2), auc.toFixed(4)],
    ];
    process.stderr.write(`${cells.join('  ')}\n`);
    return cells;
  };
  const lines = [line('churnops train', ours, ours.manifest.metrics['RocAUC'])];
  for (const [who, folds] of [
    ['Python, the same steps', '5'],
    ['Python, one fit', '0'],
  ] as const) {
    const peer = await runPeer('scale.py', [data, join(out, 'manifest.json'), folds]);
    lines.push(line(who, peer, peer.figures['RocAUC']));
  }
  return lines;
}
