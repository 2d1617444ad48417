import type { World } from '../world.js';
import type { Action } from './action.js';
import { asPromoted } from './revision-status.js';
import { candidateRevision, trainingOf } from './revisions.js';
import { isFullSize } from './size.js';
import { servingPods } from './upkeep.js';

/** The trained candidate is started beside what serves, and takes over when all its pods are ready; not while suspended. */
export function rollout(world: World): readonly Action[] {
  const candidate = candidateRevision(world);
  if (candidate === undefined || trainingOf(candidate) !== 'Good' || world.model.spec.suspend) return [];
  const pods = servingPods(world, candidate);
  if (!isFullSize(world, candidate)) return pods;
  // Written ahead: the Service follows what is recorded, also when the operator dies here.
  const status = asPromoted(candidate, world.now);
  const note = `Revision ${candidate.name} serves`;
  return [
    ...pods,
    { kind: 'Record', revision: candidate, status, event: { type: 'Normal', reason: 'Promoted', note } },
  ];
}
