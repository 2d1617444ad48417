import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Manifest } from '@churnops/crds';
import { z } from 'zod';
import { repositoryRoot } from '../../harness/repository-root.js';
import { preparePython, pythonOf } from '../python-peer.js';
import type { MeasuredRun } from './measured-run.js';
import { measuredRun } from './measured-run.js';

const root = repositoryRoot();
const peerFolder = join(root, 'e2e', 'bench', 'training', 'peer');
const environment = join(root, '.cache', 'bench-peer');
const python = pythonOf(environment);

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
  const run = await measuredRun([python, join(peerFolder, 'to_parquet.py'), csv]);
  if (run.code !== 0) throw new Error(`to_parquet.py failed: ${run.stderr}`);
}

/** Makes the peer's Python environment where it isn't there as it should be; returns what is in it. */
export async function preparePeer(): Promise<string> {
  return (await preparePython(peerFolder, environment)).versions;
}
