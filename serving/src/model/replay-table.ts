import { createHash } from 'node:crypto';
import type { CellValue, Manifest } from '@churnops/crds';
import { artifactKeys, ReplayTable } from '@churnops/crds';
import { ArtifactError } from './artifact-error.js';
import { readArtifactFile } from './artifact.js';

/**
 * The held-out rows that the artifact in `folder` carries, as predictions would send them; undefined when it has none. Nothing of
 * the file is parsed before its hash is that of the manifest.
 *
 * @throws ArtifactError when the file is missing, damaged or of another artifact.
 */
export async function readReplayRows(
  folder: string,
  { replay }: Pick<Manifest, 'replay'>,
): Promise<readonly Readonly<Record<string, CellValue>>[] | undefined> {
  if (replay === undefined) return undefined;
  const bytes = await readArtifactFile(folder, artifactKeys.replay);
  if (createHash('sha256').update(bytes).digest('hex') !== replay.sha256) {
    throw new ArtifactError(`${artifactKeys.replay} in ${folder} does not belong to its manifest. Restore the file.`);
  }
  const { columns, rows } = tableOf(bytes, folder);
  return rows.map((row) => Object.fromEntries(columns.map((name, column) => [name, row[column] ?? null])));
}

function tableOf(bytes: Buffer, folder: string): ReplayTable {
  try {
    return ReplayTable.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw new ArtifactError(`${artifactKeys.replay} in ${folder} is damaged. Train again.`, { cause });
  }
}
