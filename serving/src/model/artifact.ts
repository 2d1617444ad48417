import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { artifactKeys, Manifest, MANIFEST_VERSION } from '@churnops/crds';
import { z } from 'zod';
import { ArtifactError } from './artifact-error.js';

/** A folder's manifest and model, with every hash verified. */
export interface Artifact {
  readonly manifest: Manifest;
  /** Hex SHA-256 of the bytes of `manifest.json`: the artifact's identity. */
  readonly sha256: string;
  /** Bytes of `model.onnx`. */
  readonly model: Uint8Array;
}

/**
 * Reads and verifies the artifact in `folder`.
 *
 * @param expectedSha256 Hex SHA-256 that `manifest.json` must have; without it any is accepted.
 * @throws ArtifactError when a file is missing, damaged, of an unknown version or of another artifact.
 */
export async function readArtifact(folder: string, expectedSha256?: string): Promise<Artifact> {
  const manifestBytes = await readArtifactFile(folder, artifactKeys.manifest);
  const sha256 = sha256Of(manifestBytes);
  if (expectedSha256 !== undefined && sha256 !== expectedSha256) {
    throw new ArtifactError(
      `The artifact in ${folder} is not the one that was recorded: ${artifactKeys.manifest} has SHA-256 ${sha256}, expected ${expectedSha256}. Train again, or restore the files.`,
    );
  }
  const manifest = parseManifest(manifestBytes, join(folder, artifactKeys.manifest));
  return { manifest, sha256, model: await readModel(folder, manifest) };
}

/**
 * Reads the `model.onnx` of a manifest.
 *
 * @throws ArtifactError when it is missing, or another one.
 */
export async function readModel(folder: string, manifest: Manifest): Promise<Uint8Array> {
  const model = await readArtifactFile(folder, artifactKeys.model);
  const modelSha256 = sha256Of(model);
  if (modelSha256 === manifest.model.sha256) return model;
  throw new ArtifactError(
    `${artifactKeys.model} in ${folder} does not belong to its manifest: it has SHA-256 ${modelSha256}, the manifest says ${manifest.model.sha256}. Train again, or restore the files.`,
  );
}

export async function readArtifactFile(folder: string, name: string): Promise<Buffer> {
  try {
    return await readFile(join(folder, name));
  } catch (cause) {
    throw new ArtifactError(
      `${name} can't be read in ${folder}: ${reasonOf(cause)}. An artifact is a folder with ${artifactKeys.manifest} and ${artifactKeys.model}, as "churnops train --out" writes it.`,
      { cause },
    );
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return String(error);
  return error.code === 'ENOENT' ? 'there is no such file' : String(error.code);
}

function parseManifest(bytes: Buffer, path: string): Manifest {
  const content = parseJson(bytes, path);
  const { version } = VersionOnly.parse(content);
  if (version !== MANIFEST_VERSION) {
    throw new ArtifactError(
      `${path} has version ${version ?? '(none)'}, this server knows ${MANIFEST_VERSION} only. Train again with this release.`,
    );
  }
  const parsed = Manifest.safeParse(content);
  if (!parsed.success) throw new ArtifactError(`${path} is damaged: ${firstIssue(parsed.error)}. Train again.`);
  verifyLayout(parsed.data, path);
  return parsed.data;
}

const VersionOnly = z.object({ version: z.string().optional().catch(undefined) }).catch({ version: undefined });

function parseJson(bytes: Buffer, path: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new ArtifactError(`${path} is not valid JSON. Train again, or restore the file.`, { cause });
  }
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? 'it does not fit the schema' : `${issue.path.join('.') || 'document'}: ${issue.message}`;
}

/** The encoder writes by offset: a gap or an overlap would give plausible but wrong probabilities. */
function verifyLayout(manifest: Manifest, path: string): void {
  let next = 0;
  for (const { name, offset, width, encoding } of manifest.features) {
    const columns = encoding.kind === 'OneHot' ? encoding.categories.length : 1;
    if (offset !== next || width !== columns) {
      throw new ArtifactError(`${path} is damaged: feature "${name}" does not follow the one before it. Train again.`);
    }
    next += width;
  }
  if (next !== manifest.model.width) {
    throw new ArtifactError(
      `${path} is damaged: its features have ${next} columns, its model ${manifest.model.width}. Train again.`,
    );
  }
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
