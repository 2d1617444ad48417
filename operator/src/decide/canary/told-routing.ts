import { annotations } from '@churnops/crds';
import type { Routing } from '@churnops/crds';
import { kinds } from '../../kinds.js';
import type { Pod, Revision, World } from '../../world.js';
import { actsOnOlder } from '../../scrape/router-reading.js';
import type { Action } from '../action.js';
import { candidateRevision, currentRevision, isBarred, revisionNamed } from '../revisions.js';
import { samplesOf } from './pods-now.js';
import { newestSequence, rolloutOnTheWay, told } from './rollout-facts.js';
import { routingFor } from './routing-for.js';
import type { RoutedRollout, RoutingParts } from './routing-for.js';

/**
 * Tells every serving pod where its rows go, as the records say. Pods that were told of a newer decision than our cache knows are
 * left alone, unless it is about a revision that is gone. One that has not heard is told again. Peers change under one number, so
 * a write is for the pod as it was seen: a late one can't undo a newer one. A refusal holds up nothing: shares are what routers
 * acknowledge.
 */
export function routing(world: World): readonly Action[] {
  const pods = world.pods.filter(({ revision, terminating }) => revision !== undefined && !terminating);
  return pods.flatMap((pod) => (sendsToNobody(world, pod) ? recall(world, pod) : tell(world, pod)));
}

function tell(world: World, pod: Pod): readonly Action[] {
  const sequence = newestSequence(world);
  return sequence === 0 || told(pod).sequence > sequence ? [] : patched(world, pod, routingOf(world, pod, sequence));
}

/** Whether a pod sends rows to a revision that somebody deleted. */
function sendsToNobody(world: World, pod: Pod): boolean {
  const { target } = told(pod);
  return target !== undefined && revisionNamed(world, target) === undefined;
}

/** With the number that the pod knows: were only our cache late, what it was told before is told again and counts. */
function recall(world: World, pod: Pod): readonly Action[] {
  return patched(world, pod, alone(world, told(pod).sequence));
}

function patched(world: World, pod: Pod, routing: Routing): readonly Action[] {
  const text = JSON.stringify(routing);
  if (pod.routing !== text) return annotated(pod, { [annotations.routing]: text });
  return hasMissed(world, pod) ? annotated(pod, { [annotations.routingRetold]: world.now.toISOString() }) : [];
}

/**
 * Whether a pod was told, and its page that was read at this look is still of before. On a loaded node a change was seen to reach the
 * pod's file only when the kubelet looked after the pod by itself, which it does every minute or so; any change makes it look.
 */
function hasMissed(world: World, pod: Pod): boolean {
  const samples = samplesOf(world, pod);
  if (samples === undefined || pod.routing === undefined) return false;
  return actsOnOlder(samples, pod.routing, told(pod).sequence);
}

function annotated({ name, uid, resourceVersion }: Pod, told: Readonly<Record<string, string>>): readonly Action[] {
  const patch = { metadata: { annotations: told } };
  return [{ kind: 'Patch', resource: kinds.pod, name, uid, resourceVersion, patch, mayFail: true }];
}

function alone(world: World, sequence: number) {
  return { sequence, deadlineMilliseconds: world.model.spec.rollout.analysis.latency.thresholdMilliseconds };
}

function routingOf(world: World, pod: Pod, sequence: number): Routing {
  const base = alone(world, sequence);
  const road = pod.revision === currentRevision(world)?.name ? roadAhead(world) : roadBack(world, pod);
  if (road === undefined) return base;
  return routingFor({ ...road.rollout, sequence }, { ...base, ...road.parts, router: pod.name });
}

/** Where rows go, and which part of them. */
interface Road {
  readonly rollout: Omit<RoutedRollout, 'sequence'>;
  readonly parts: Omit<RoutingParts, 'deadlineMilliseconds' | 'router'>;
}

/** Pods of what serves send a share to the candidate. */
function roadAhead(world: World): Road | undefined {
  const candidate = candidateRevision(world);
  const rollout = rolloutOnTheWay(candidate);
  if (candidate === undefined || rollout === undefined) return undefined;
  const targets = podsOf(world, candidate);
  return { rollout, parts: { target: candidate.name, targets, siblings: podsOf(world, currentRevision(world)) } };
}

/**
 * Pods of what served before send everything to what serves, with their own answers to fall back on, so that clients that stay
 * connected to them get its answers. Pods of a candidate get no rows of users but forwarded ones.
 */
function roadBack(world: World, pod: Pod): Road | undefined {
  const [current, candidate] = [currentRevision(world), candidateRevision(world)];
  const isComing = candidate !== undefined && pod.revision === candidate.name && !isBarred(world, candidate);
  if (current === undefined || isComing || world.model.spec.rollout.strategy === 'Immediate') return undefined;
  const parts = { target: current.name, targets: podsOf(world, current), siblings: [] };
  return { rollout: { stage: 'Full', percent: 100 }, parts };
}

function podsOf(world: World, revision: Revision | undefined): readonly Pod[] {
  return world.pods.filter((pod) => pod.revision === revision?.name);
}
