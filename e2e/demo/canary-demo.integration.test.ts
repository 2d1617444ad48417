import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { repositoryRoot } from '../harness/repository-root.js';

// Jest reads the sources: only a process of its own shows that what was compiled finds all that it is made of.
it.each(['harness/rollout-story.js', 'harness/service-calls.js', 'demo/canary-table.js'])(
  '%s, which the demo of canaries is made of, loads',
  async (file) => {
    const program = ['--input-type=module', '--eval', 'await import(process.argv[1])'];
    const path = join(repositoryRoot(), 'e2e', 'dist', file);
    await expect(promisify(execFile)(process.execPath, [...program, path])).resolves.toMatchObject({ stderr: '' });
  },
);
