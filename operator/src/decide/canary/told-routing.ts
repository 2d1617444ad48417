import { annotations } from '@churnops/crds';
import type { Routing } from '@churnops/crds';
import { kinds } from '../../kinds.js';
import type { Pod, Revision, World } from '../../world.js';
import type { Action } from '../action.js';
import { candidateRevision, currentRevision } from '../revisions.js';
import { isOnTheWay, newestSequence, sequenceTold } from './rollout-facts.js';
import { routingFor } from './routing-for.js';

/**
 * Tells every serving pod where its rows go, as the records say. Pods that were told of a newer decision than our cache knows are
 * left alone. A refusal holds up nothing: shares are what routers acknowledge.
 */
export function routing(world: World): readonly Action[] {
  const sequence = newestSequence(world);
  if (sequence === 0) return [];
  const pods = world.pods.filter(({ revision, terminating }) => revision !== undefined && !terminating);
  return pods.flatMap((pod) => tell(pod, JSON.stringify(routingOf(world, pod, sequence)), sequence));
}

function tell(pod: Pod, text: string, sequence: number): readonly Action[] {
  if (pod.routing === text || sequenceTold(pod) > sequence) return [];
  const patch = { metadata: { annotations: { [annotations.routing]: text } } };
  return [{ kind: 'Patch', resource: kinds.pod, name: pod.name, uid: pod.uid, patch, mayFail: true }];
}

/**
 * Pods of what serves send a share to the candidate. Pods of what served before send everything to what serves, so that clients
 * that stay connected to them get its answers, with their own to fall back on. All others answer by themselves.
 */
function routingOf(world: World, pod: Pod, sequence: number): Routing {
  const current = currentRevision(world);
  const candidate = candidateRevision(world);
  const { rollout } = world.model.spec;
  const deadlineMilliseconds = rollout.analysis.latency.thresholdMilliseconds;
  const parts = (target: Revision, controls: readonly Pod[]) => {
    return { target: target.name, targets: podsOf(world, target), controls, deadlineMilliseconds };
  };
  if (current !== undefined && candidate?.status?.rollout !== undefined && isOnTheWay(candidate)) {
    if (pod.revision === current.name) {
      return routingFor({ ...candidate.status.rollout, sequence }, parts(candidate, podsOf(world, current)));
    }
    if (pod.revision === candidate.name) return { sequence, deadlineMilliseconds };
  }
  if (current === undefined || pod.revision === current.name || rollout.strategy === 'Immediate') {
    return { sequence, deadlineMilliseconds };
  }
  return routingFor({ sequence, stage: 'Full', percent: 100 }, parts(current, []));
}

function podsOf(world: World, { name }: Revision): readonly Pod[] {
  return world.pods.filter(({ revision }) => revision === name);
}
