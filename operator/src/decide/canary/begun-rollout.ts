import type { RolloutStatus } from '@churnops/crds';
import type { World } from '../../world.js';
import { encodedEvidence } from '../analysis/evidence-codec.js';
import type { Beginning } from './beginning.js';
import { contractChanges } from './contract-changes.js';
import { evidenceOf } from './stored-evidence.js';
import { freshEvidence } from '../analysis/evidence.js';
import { nextSequence } from './rollout-facts.js';
import { withHeard } from './verdicts.js';

/** The record of a rollout that begins now: the candidate gets its first pods, and no rows yet. */
export function begunRollout(world: World, beginning: Beginning): RolloutStatus {
  const { current, candidate } = beginning;
  const before = candidate.status?.rollout;
  const time = world.now.toISOString();
  const { steps } = world.model.spec.rollout;
  // Routers count on from the attempt before: only what comes from now on is evidence.
  const evidence = freshEvidence(before && evidenceOf(before));
  const begun: RolloutStatus = {
    sequence: nextSequence(world),
    attempt: 1,
    ...{ stage: 'Shadow', step: 0, percent: 0, sizePercent: steps[0]?.percent ?? 100 },
    previousRevision: current.name,
    ...{ startTime: time, stepStartTime: time },
    evidence: encodedEvidence(evidence),
    ...{ verdicts: [], contractChanges: [...changesOf(world, beginning)] },
  };
  if (before === undefined) return withHeard(begun, candidate, world);
  // What was said before an attempt begins was said about the one before it.
  const { verdicts = [], heard } = withHeard(before, candidate, world);
  return { ...begun, attempt: before.attempt + 1, verdicts, ...(heard === undefined ? {} : { heard }) };
}

/** A contract that can't be read may have changed. */
function changesOf({ contracts }: World, { current, candidate }: Beginning): readonly string[] {
  const [before, now] = [contracts?.get(current.name), contracts?.get(candidate.name)];
  if (before !== undefined && now !== undefined) return contractChanges(before, now);
  const unread = before === undefined ? current : candidate;
  return [`the columns of ${unread.name} are unknown, since the manifest of its artifact can't be read`];
}
