import type { Pod, Revision, World } from '../../world.js';
import { isServable } from '../revisions.js';
import { describeTrouble, refusesArtifact } from '../serving-trouble.js';
import { isFullSize } from '../size.js';
import type { CanaryLook } from './canary-look.js';

/** A pod that was started again so often and still isn't ready won't be. */
const HOPELESS_RESTARTS = 3;

/** How the pods of a candidate are. */
export function candidateNow(world: World, revision: Revision): CanaryLook['candidate'] {
  const unready = world.pods
    .filter((pod) => pod.revision === revision.name && !pod.ready && !pod.terminating)
    // Caches have no order: without one, two troubled pods would take turns in the message.
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const lost = unready.find(isHopeless);
  const troubled = lost ?? unready.find(({ problem }) => problem !== undefined);
  const isSized = isFullSize(world, revision);
  if (!isServable(world, revision)) return { isSized, trouble: artifactGone(revision), hopeless: 'ArtifactMissing' };
  return { isSized, trouble: troubled && describeTrouble(troubled), hopeless: lost && 'CrashLooping' };
}

/** Pods that run go on, but no other one could start. */
function artifactGone({ status }: Revision): string {
  return `ConfigMap ${status?.artifact?.configMap ?? ''} with its artifact is gone`;
}

function isHopeless(pod: Pod): boolean {
  return refusesArtifact(pod) || (pod.problem !== undefined && pod.restarts >= HOPELESS_RESTARTS);
}
