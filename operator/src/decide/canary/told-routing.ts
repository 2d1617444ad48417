import { annotations } from '@churnops/crds';
import type { Routing } from '@churnops/crds';
import { kinds } from '../../kinds.js';
import type { Pod, Revision, World } from '../../world.js';
import type { Action } from '../action.js';
import { candidateRevision, currentRevision, isBarred } from '../revisions.js';
import { newestSequence, rolloutOnTheWay, sequenceTold } from './rollout-facts.js';
import { routingFor } from './routing-for.js';
import type { RoutedRollout, RoutingParts } from './routing-for.js';

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

function routingOf(world: World, pod: Pod, sequence: number): Routing {
  const { analysis } = world.model.spec.rollout;
  const alone = { sequence, deadlineMilliseconds: analysis.latency.thresholdMilliseconds };
  const road = pod.revision === currentRevision(world)?.name ? roadAhead(world) : roadBack(world, pod);
  return road === undefined ? alone : routingFor({ ...road.rollout, sequence }, { ...alone, ...road.parts });
}

/** Where rows go, and which part of them. */
interface Road {
  readonly rollout: Omit<RoutedRollout, 'sequence'>;
  readonly parts: Omit<RoutingParts, 'deadlineMilliseconds'>;
}

/** Pods of what serves send a share to the candidate. */
function roadAhead(world: World): Road | undefined {
  const candidate = candidateRevision(world);
  const rollout = rolloutOnTheWay(candidate);
  if (candidate === undefined || rollout === undefined) return undefined;
  const targets = podsOf(world, candidate);
  return { rollout, parts: { target: candidate.name, targets, controls: podsOf(world, currentRevision(world)) } };
}

/**
 * Pods of what served before send everything to what serves, with their own answers to fall back on, so that clients that stay
 * connected to them get its answers. Pods of a candidate get no rows of users but forwarded ones.
 */
function roadBack(world: World, pod: Pod): Road | undefined {
  const [current, candidate] = [currentRevision(world), candidateRevision(world)];
  const isComing = candidate !== undefined && pod.revision === candidate.name && !isBarred(world, candidate);
  if (current === undefined || isComing || world.model.spec.rollout.strategy === 'Immediate') return undefined;
  const parts = { target: current.name, targets: podsOf(world, current), controls: [] };
  return { rollout: { stage: 'Full', percent: 100 }, parts };
}

function podsOf(world: World, revision: Revision | undefined): readonly Pod[] {
  return world.pods.filter((pod) => pod.revision === revision?.name);
}
