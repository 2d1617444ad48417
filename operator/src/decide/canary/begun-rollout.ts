import type { RolloutStatus } from '@churnops/crds';
import type { Revision, World } from '../../world.js';
import { encodedEvidence } from '../analysis/evidence-codec.js';
import { evidenceOf } from './stored-evidence.js';
import { freshEvidence } from '../analysis/evidence.js';
import { nextSequence, newVerdicts } from './rollout-facts.js';

/** The record of a rollout that begins now: the candidate gets its first pods, and no rows yet. */
export function begunRollout(world: World, candidate: Revision, current: Revision): RolloutStatus {
  const before = candidate.status?.rollout;
  const time = world.now.toISOString();
  const { steps } = world.model.spec.rollout;
  // Routers count on from the attempt before: only what comes from now on is evidence.
  const counted = before === undefined ? {} : evidenceOf(before).counters;
  const verdicts = newVerdicts(candidate, world.now);
  return {
    sequence: nextSequence(world),
    attempt: (before?.attempt ?? 0) + 1,
    ...{ stage: 'Shadow', step: 0, percent: 0, sizePercent: steps[0]?.percent ?? 100 },
    previousRevision: current.name,
    ...{ startTime: time, stepStartTime: time },
    evidence: encodedEvidence(freshEvidence(counted)),
    ...(verdicts.length === 0 ? {} : { verdicts }),
  };
}
