import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { repositoryRoot } from '../harness/repository-root.js';

const program = join(repositoryRoot(), 'e2e', 'dist', 'bench', 'routing-cost.js');

it('the benchmark of routing forwards rows and prints a table', async () => {
  const scale = ['--fleets', '1', '--rounds', '1', '--seconds', '0.5', '--connections', '8'];
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...scale]);
  const kinds = stdout.split('\n').map((line) => /^\| (\S.*?) +\| \d+ us /.exec(line)?.[1]);
  expect(kinds.filter((kind) => kind !== undefined)).toEqual(['without', 'without, again', 'off', '5 %']);
});
