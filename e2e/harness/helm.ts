import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from './repository-root.js';

const run = promisify(execFile);

/** Helm against a cluster, with no plugins, repositories or settings of a user. Returns what it printed; throws with what it complained of. */
export function helmOf(plane: { readonly kubeconfig: string; readonly folder: string }) {
  const home = join(plane.folder, 'helm');
  const env = { PATH: process.env['PATH'], HOME: home, KUBECONFIG: plane.kubeconfig };
  return async (...args: string[]): Promise<string> => {
    const { stdout } = await run(join(repositoryRoot(), '.cache/bin/helm'), args, { env, maxBuffer: 1 << 26 });
    return stdout;
  };
}
