import type { World } from '../world.js';
import type { Action } from './action.js';
import { asPromoted } from './revision-status.js';
import { candidateRevision, deploymentOf, isFullSize, trainingOf } from './revisions.js';
import { servingPods } from './upkeep.js';

/** The trained candidate is started beside what serves, and takes over when all its pods are ready. */
export function rollout(world: World): readonly Action[] {
  const candidate = candidateRevision(world);
  if (candidate === undefined || trainingOf(candidate) !== 'Good') return [];
  const pods = servingPods(world, candidate);
  if (!isFullSize(world, deploymentOf(world, candidate))) return pods;
  // Written ahead: the Service follows what is recorded, also when the operator dies here.
  const status = asPromoted(candidate, world.now);
  const note = `Revision ${candidate.name} serves`;
  return [
    ...pods,
    { kind: 'Record', revision: candidate, status, event: { type: 'Normal', reason: 'Promoted', note } },
  ];
}
