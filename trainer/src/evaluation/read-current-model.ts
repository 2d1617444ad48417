import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { artifactKeys, Manifest } from '@churnops/crds';
import { z } from 'zod';
import { dataInvalid } from '../failure.js';

/** The model of the revision that serves now. */
export interface CurrentModel {
  readonly manifest: Manifest;
  readonly onnx: Uint8Array;
  /** SHA-256 of its manifest.json. */
  readonly sha256: string;
}

/**
 * Reads an artifact from a folder with manifest.json and model.onnx.
 *
 * @throws TrainingProblem when it can't be read, or when the model is not the one that the manifest names
 */
export async function readCurrentModel(directory: string): Promise<CurrentModel> {
  try {
    const text = await readFile(join(directory, artifactKeys.manifest));
    const onnx = await readFile(join(directory, artifactKeys.model));
    const manifest = Manifest.parse(JSON.parse(text.toString('utf8')));
    if (sha256Of(onnx) !== manifest.model.sha256)
      throw new Error(`${artifactKeys.model} is not the one of its manifest`);
    return { manifest, onnx, sha256: sha256Of(text) };
  } catch (cause) {
    throw dataInvalid(`The artifact of the current revision in ${directory} can't be read: ${reasonOf(cause)}.`, cause);
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof z.ZodError) {
    const [issue] = cause.issues;
    return `${artifactKeys.manifest} is wrong at ${issue?.path.join('.') ?? ''}`;
  }
  return cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
