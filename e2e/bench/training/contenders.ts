import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Manifest } from '@churnops/crds';
import { z } from 'zod';
import { repositoryRoot } from '../../harness/repository-root.js';
import type { MeasuredRun } from './measured-run.js';
import { measuredRun } from './measured-run.js';

const root = repositoryRoot();
const peerFolder = join(root, 'e2e', 'bench', 'training', 'peer');
/** What the peer is made of, and the lock of it with checksums, whose head says how it is made. */
const [asked, requirements] = [join(peerFolder, 'requirements.in'), join(peerFolder, 'requirements.txt')];
const environment = join(root, '.cache', 'bench-peer');
const python = join(environment, 'bin', 'python');

/** A training by `churnops train`. */
export interface Training extends MeasuredRun {
  readonly manifest: Manifest;
}

/** What `churnops train` answers with when it made a model, whether or not a gate refuses it. */
const madeModel: readonly (number | null)[] = [0, 2];

/** Trains into a folder. Throws when no model was made. */
export async function trainOurs(options: readonly string[], out: string): Promise<Training> {
  const main = join(root, 'trainer', 'dist', 'main.js');
  const run = await measuredRun([process.execPath, main, 'train', ...options, '--out', out]);
  const manifest = join(out, 'manifest.json');
  if (!madeModel.includes(run.code) || !existsSync(manifest)) throw new Error(`churnops train failed: ${run.stderr}`);
  return { ...run, manifest: Manifest.parse(JSON.parse(await readFile(manifest, 'utf8'))) };
}

/** Runs a script of the peer; its last line is JSON of figures. */
export async function runPeer(script: string, args: readonly string[]): Promise<MeasuredRun & { figures: Figures }> {
  const run = await measuredRun([python, join(peerFolder, script), ...args]);
  if (run.code !== 0) throw new Error(`${script} failed: ${run.stderr}`);
  return { ...run, figures: PeerFigures.parse(JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '')) };
}

const PeerFigures = z.record(z.string(), z.number());
export type Figures = z.infer<typeof PeerFigures>;

/** Writes a table as Parquet too, beside it. */
export async function convertToParquet(csv: string): Promise<void> {
  await mustRun([python, join(peerFolder, 'to_parquet.py'), csv]);
}

/** Makes the peer's Python environment where it isn't there as it should be; returns what is in it. */
export async function preparePeer(): Promise<string> {
  const wanted = await readFile(requirements, 'utf8');
  const stamp = join(environment, 'requirements.txt');
  if (!existsSync(stamp) || (await readFile(stamp, 'utf8')) !== wanted) {
    process.stderr.write('Installing the Python peer into .cache/bench-peer\n');
    await mustRun(['python3', '-m', 'venv', environment]);
    const pip = [python, '-m', 'pip', '--disable-pip-version-check', 'install', '--quiet', '--only-binary', ':all:'];
    await mustRun([...pip, '--require-hashes', '--requirement', requirements]);
    await writeFile(stamp, wanted);
  }
  const { stdout } = await mustRun([python, '--version']);
  const versions = (await readFile(asked, 'utf8')).trim().split('\n').join(', ').replaceAll('==', ' ');
  return `${stdout.trim()} with ${versions}`;
}

async function mustRun(command: readonly string[]): Promise<MeasuredRun> {
  const run = await measuredRun(command);
  if (run.code !== 0) throw new Error(`${command.join(' ')} failed: ${run.stderr}`);
  return run;
}
