import { mkdir } from 'node:fs/promises';
import { artifactKeys } from '@churnops/crds';
import { readArtifact } from './artifact.js';
import type { StoredArtifact } from './artifact-store.js';
import { connectStore, download } from './artifact-store.js';
import { readReplayRows } from './replay-table.js';

/** More than a manifest, or 500 rows, of the widest table take, in bytes. */
const MAX_TEXT_BYTES = 64 * 1024 ** 2;

/** More than a graph may take that protobuf can hold, in bytes. */
const MAX_MODEL_BYTES = 2 * 1024 ** 3;

/**
 * Brings an artifact from its bucket into `folder`. When it returns, every file there has the hash that was recorded.
 *
 * @throws ArtifactError when a file is missing, damaged or of another artifact
 * @throws StoreUnreachable when a later try may help
 */
export async function fetchArtifact(artifact: StoredArtifact, sha256: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const client = await connectStore(artifact);
  try {
    await download(client, artifact, { name: artifactKeys.manifest, folder, limit: MAX_TEXT_BYTES });
    await download(client, artifact, { name: artifactKeys.model, folder, limit: MAX_MODEL_BYTES });
    const { manifest } = await readArtifact(folder, sha256);
    if (manifest.replay === undefined) return;
    await download(client, artifact, { name: artifactKeys.replay, folder, limit: MAX_TEXT_BYTES });
    await readReplayRows(folder, manifest);
  } finally {
    client.destroy();
  }
}
