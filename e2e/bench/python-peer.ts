import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

/** A Python with the modules of a peer. */
export interface PythonPeer {
  /** Path of the interpreter. */
  readonly python: string;
  /** What is in it, for people. */
  readonly versions: string;
}

const run = promisify(execFile);

/** Path of the interpreter of a virtual environment. */
export function pythonOf(environment: string): string {
  return join(environment, 'bin', 'python');
}

/**
 * Makes a virtual environment where it isn't there as it should be. A folder's `requirements.in` says what is asked for, its
 * `requirements.txt` pins that and all that it brings.
 *
 * @throws Error when pip fails, with what it said.
 */
export async function preparePython(folder: string, environment: string): Promise<PythonPeer> {
  const requirements = join(folder, 'requirements.txt');
  const wanted = await readFile(requirements, 'utf8');
  const stamp = join(environment, 'requirements.txt');
  const python = pythonOf(environment);
  if (!existsSync(stamp) || (await readFile(stamp, 'utf8')) !== wanted) {
    process.stderr.write(`Installing a Python peer into .cache/${basename(environment)}\n`);
    await run('python3', ['-m', 'venv', environment]);
    const pip = ['-m', 'pip', '--disable-pip-version-check', 'install', '--quiet', '--only-binary', ':all:'];
    await run(python, [...pip, '--require-hashes', '--requirement', requirements]);
    await writeFile(stamp, wanted);
  }
  const { stdout } = await run(python, ['--version']);
  const asked = await readFile(join(folder, 'requirements.in'), 'utf8');
  return { python, versions: `${stdout.trim()} with ${asked.trim().split('\n').join(', ').replaceAll('==', ' ')}` };
}
