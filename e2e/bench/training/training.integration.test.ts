import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { judgeGates } from './gates.js';
import { judgeLeakGuard } from './leaks.js';
import { measuredRun } from './measured-run.js';

// The parts that need no Python: the peer is not installed where only tests run.

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'churnops-bench-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

it('the benchmark of the leak guard finds what it planted, and nothing else', async () => {
  const figures = await judgeLeakGuard({ folder, data: undefined, tables: 2 });
  expect(figures.match(/\| found /g)).toHaveLength(12);
  expect(figures).toContain('nothing in telco, nothing in mlc_churn; 0 of 2 generated tables');
});

it('the benchmark of the gates compares models, and names what refuses a worse one', async () => {
  const figures = await judgeGates({ folder, pairs: 1, trials: 1 });
  expect(figures).toContain('1 pairs of equally good models: no gate refused one');
  expect(figures).toMatch(/\| all labels are shuffled \| .*RocAUC/);
});

it('a measured run tells the CPU time and the memory of a whole tree of processes', async () => {
  const busy = 'const a = Buffer.alloc(3e8, 1); const end = Date.now() + 1500; while (Date.now() < end);';
  const parent = `require('node:child_process').execFileSync(process.execPath, ['-e', ${JSON.stringify(busy)}]); console.log('end')`;
  const run = await measuredRun([process.execPath, '-e', parent]);
  expect(run).toMatchObject({ code: 0, stdout: 'end\n', stderr: '' });
  expect(run.peakBytes).toBeGreaterThan(3e8);
  expect(run.cpuSeconds).toBeGreaterThan(0.05);
});
