import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { repositoryRoot } from '../../harness/repository-root.js';

const program = join(repositoryRoot(), 'e2e', 'dist', 'bench', 'serving', 'main.js');
const nest = 'the usual Nest';

/** A figure as the program prints it. */
interface Printed {
  readonly name: string;
  readonly median: number;
  readonly verdict: string;
}

/**
 * Without Python, which is not installed where only tests run: the gates beside FastAPI are judged by `make bench`. The program ends
 * with an error when servers that should answer the same do not.
 */
async function bench(parts: string, ...scale: readonly string[]): Promise<Printed[]> {
  const args = ['--dry', '--peers', 'npm', '--parts', parts, ...scale];
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args]);
  process.stdout.write(stdout);
  const rows = stdout.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  return rows
    .filter((cells) => cells.length === 8)
    .map(([, name = '', median = '', , , , verdict = '']) => ({ name, median: Number.parseFloat(median), verdict }))
    .filter(({ median }) => median > 0);
}

// Ratios of CPU time of calls that take turns; a gate that a busy machine misses by chance is measured again.
it('the gates of the engine are held', async () => {
  const figures = await bench('engine', '--rounds', '5', '--seconds', '1', '--attempts', '3');
  const engines = [100, 300, 1000].flatMap((trees) =>
    ['one row', '100 rows', '1000 rows'].map((rows) => `engine to ONNX Runtime, ${trees} trees, ${rows}`),
  );
  expect(figures.map(({ name }) => name)).toEqual(engines);
  expect(figures.filter(({ verdict }) => verdict === 'gate missed')).toEqual([]);
});

it('the benchmark of serving measures every other figure', async () => {
  const parts = 'requests,latency,batches,start';
  const figures = await bench(parts, '--rounds', '1', '--seconds', '0.3', '--rate', '100');
  const beside = ['ChurnOps', nest].flatMap((server) =>
    [100, 1000].map((size) => `${server}: p99 of single requests beside batches of ${size}, to that alone`),
  );
  expect(figures.map(({ name }) => name)).toEqual([
    `requests per CPU second, to ${nest}`,
    'requests per CPU second, to echo',
    'memory after the load',
    `p99 at 100 requests/s, to ${nest}`,
    `rows per CPU second in batches of 100, to ${nest}`,
    `rows per CPU second in batches of 1000, to ${nest}`,
    ...beside,
    `time to the first answer, to ${nest}`,
    `CPU to the first answer, to ${nest}`,
  ]);
});
