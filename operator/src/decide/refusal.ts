import type { World } from '../world.js';
import { deploymentOf, wantedRevision } from './revisions.js';
import { jobOf } from './training.js';

/** Why Kubernetes does not make the pods of the wanted revision. */
export interface PodRefusal {
  readonly component: 'Training' | 'Serving';
  /** Whether a ResourceQuota is used up. */
  readonly byQuota: boolean;
  /** Whose pods, and why, in a sentence. */
  readonly message: string;
}

const QUOTA = 'exceeded quota';

/** Whether Kubernetes says that a ResourceQuota is used up. */
export function isQuota(text: string): boolean {
  return text.includes(QUOTA);
}

/** Why the pods of the wanted revision, or that of its Job, can't be made; undefined while they can. */
export function podRefusal(world: World): PodRefusal | undefined {
  const wanted = wantedRevision(world);
  if (wanted === undefined) return undefined;
  const refused = deploymentOf(world, wanted)?.podsRefused ?? '';
  if (refused !== '') return refusal('Serving', `Deployment ${wanted.name}`, refused);
  if (world.jobRefusal === undefined) return undefined;
  return refusal('Training', `Job ${jobOf(world, wanted)?.name ?? ''}`, world.jobRefusal);
}

function refusal(component: PodRefusal['component'], owner: string, text: string): PodRefusal {
  return { component, byQuota: isQuota(text), message: `${owner} can not make its pods: ${words(text)}.` };
}

/** What was said without the pod's name, which is another one at each try: `exceeded quota: small, requested: ...`. */
function words(text: string): string {
  if (isQuota(text)) return text.slice(text.indexOf(QUOTA));
  return text.replace(/^Error creating: /, '').replace(/^pods? "[^"]*" is forbidden: /, '');
}
