import type { Manifest } from '@churnops/crds';
import type { Engine } from '../engine/engine.js';
import { loadEngine } from '../engine/load-engine.js';
import { readArtifact } from './artifact.js';
import { verifyGoldenRows } from './golden-rows.js';
import { rowEncoder } from './row-encoder.js';

/** A model that reproduced its golden rows and is warm. */
export interface LoadedModel {
  /** Of the artifact. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** Hex SHA-256 of `manifest.json`. */
  readonly artifactSha256: string;
  readonly engine: Engine;
}

/**
 * Reads an artifact from `folder`, verifies it and its golden rows, and loads its engine.
 *
 * @param expectedSha256 Hex SHA-256 that `manifest.json` must have; without it any is accepted.
 * @throws ArtifactError with a sentence for people.
 */
export async function loadModel(folder: string, expectedSha256?: string): Promise<LoadedModel> {
  const { manifest, sha256, model } = await readArtifact(folder, expectedSha256);
  const engine = await loadEngine(model, manifest.model);
  await verifyGoldenRows(manifest, rowEncoder(manifest), engine);
  return { folder, manifest, artifactSha256: sha256, engine };
}
