import type { Pod, World } from '../world.js';

/** The pods of a revision that can answer. */
export function readyPods({ pods }: World, revision: string | undefined): readonly Pod[] {
  return pods.filter((pod) => pod.revision === revision && pod.ready && !pod.terminating);
}
