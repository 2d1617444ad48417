import type { ArtifactReference } from '@churnops/crds';
import type { World } from '../world.js';

/** Whether pods can get an artifact, as far as is known: what a bucket holds is only found out by those who fetch it. */
export function isArtifactThere(world: World, artifact: ArtifactReference | undefined): boolean {
  if (artifact === undefined) return false;
  return artifact.uri !== undefined || world.configMaps.has(artifact.configMap);
}
