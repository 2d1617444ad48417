import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { artifactKeys } from '@churnops/crds';
import { isCardFile } from '../card/plot-files.js';
import { dataInvalid, errorCode } from '../failure.js';
import type { Artifact } from './artifact.js';

const ours: ReadonlySet<string> = new Set([
  artifactKeys.manifest,
  artifactKeys.model,
  artifactKeys.report,
  artifactKeys.replay,
]);

/** Refuses a folder that holds anything else than an earlier artifact, before an hour of training is spent on it. */
export async function checkDirectory(directory: string): Promise<void> {
  const names = await namesIn(directory);
  const foreign = names.find((name) => !isOurs(name.replace(/\.new$/, '')));
  if (foreign !== undefined)
    throw dataInvalid(`The folder ${directory} holds other files ("${foreign}"): give --out a new or an empty folder.`);
}

function isOurs(name: string): boolean {
  return ours.has(name) || isCardFile(name);
}

/**
 * Writes model.onnx, report.json, replay.json, the model card and last manifest.json, each under another name first: a reader that
 * sees the manifest sees the whole model. An earlier artifact there is replaced.
 */
export async function publishToDirectory(artifact: Artifact, directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    await placeAll(artifact, directory);
  } catch (error) {
    throw notWritable(directory, error);
  }
}

async function placeAll(artifact: Artifact, directory: string): Promise<void> {
  // Without its manifest an artifact counts as unfinished, so no reader can pair the old manifest with the new graph.
  await rm(join(directory, artifactKeys.manifest), { force: true });
  await place(directory, artifactKeys.model, artifact.onnx);
  await place(directory, artifactKeys.report, artifact.reportText);
  if (artifact.replayText === undefined) await rm(join(directory, artifactKeys.replay), { force: true });
  else await place(directory, artifactKeys.replay, artifact.replayText);
  const stale = (await readdir(directory)).filter((name) => isCardFile(name) && !artifact.card.has(name));
  for (const name of stale) await rm(join(directory, name));
  for (const [name, text] of artifact.card) await place(directory, name, text);
  await place(directory, artifactKeys.manifest, artifact.manifestText);
}

async function place(directory: string, name: string, content: string | Uint8Array): Promise<void> {
  const temporary = join(directory, `${name}.new`);
  await writeFile(temporary, content);
  await rename(temporary, join(directory, name));
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw notWritable(directory, error);
  }
}

function notWritable(directory: string, cause: unknown): Error {
  const why = errorCode(cause) ?? 'unknown';
  return dataInvalid(`The folder ${directory} can't be written to (${why}): give --out another one.`, cause);
}
