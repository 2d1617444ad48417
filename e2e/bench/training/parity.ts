import { join } from 'node:path';
import { runPeer, trainOurs } from './contenders.js';
import { markdownTable } from '../markdown-table.js';
import { driftingCustomers, shopCustomers, telephoneCustomers, writeSplit, writeTable } from './tables.js';

const ROWS = 10_000;

const tables = { interactions: shopCustomers, drifting: driftingCustomers, telephone: telephoneCustomers } as const;

/** Our exported models against XGBoost and ONNX Runtime in Python. */
export async function judgeParity(folder: string): Promise<string> {
  const rows: string[][] = [];
  for (const [name, table] of Object.entries(tables)) {
    const [data, split] = [join(folder, `parity-${name}.csv`), join(folder, 'parity-split.csv')];
    await writeTable(data, table, ROWS, 21);
    await writeSplit(split, ROWS, 21);
    const out = join(folder, `parity-${name}`);
    const how = ['--trials', '1', '--calibration', 'sigmoid', '--leak-policy', 'keep'];
    await trainOurs(['--data', data, '--label', 'churn', '--split-file', split, ...how], out);
    const { figures } = await runPeer('parity.py', [data, split, out]);
    const worst = (figure: string) => (figures[figure] ?? Number.NaN).toExponential(1);
    rows.push([name, String(figures['rows']), worst('OnnxToXGBoost'), worst('OnnxToOurs')]);
    process.stderr.write(`${rows.at(-1)?.join('  ') ?? ''}\n`);
  }
  return markdownTable(
    ['set', 'rows', 'ONNX Runtime in Python to XGBoost in Python', 'ONNX Runtime in Python to ours, 64 golden rows'],
    rows,
  );
}
