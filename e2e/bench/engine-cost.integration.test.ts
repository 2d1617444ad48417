import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { repositoryRoot } from '../harness/repository-root.js';

const program = join(repositoryRoot(), 'e2e', 'bench', 'engine-cost.mjs');

it('the benchmark of the engines prints a table', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [program, '--rounds', '1', '--milliseconds', '1']);
  const cells = stdout
    .split('\n')
    .map((line) => /^\| (\d+) \| (\d+) \| .* us \| .* us \| [\d.]+ \|/.exec(line)?.slice(1, 3));
  const sizes = ['100', '300', '1000'].flatMap((trees) => ['1', '100', '1000'].map((rows) => [trees, rows]));
  expect(cells.filter((cell) => cell !== undefined)).toEqual(sizes);
});
