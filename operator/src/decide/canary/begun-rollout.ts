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
    ...{ verdicts: [], contractChanges: [...changesOf(world, beginning)], ...fewerRows(world, beginning) },
  };
  if (before === undefined) return withHeard(begun, candidate, world);
  // What was said before an attempt begins was said about the one before it.
  const { verdicts = [], heard } = withHeard(before, candidate, world);
  return { ...begun, attempt: before.attempt + 1, verdicts, ...(heard === undefined ? {} : { heard }) };
}

/** A contract that can't be read may have changed. */
function changesOf(world: World, beginning: Beginning): readonly string[] {
  const { current, candidate } = beginning;
  const { before, now } = contractsOf(world, beginning);
  if (before !== undefined && now !== undefined) return contractChanges(before, now);
  const unread = before === undefined ? current : candidate;
  return [`the columns of ${unread.name} are unknown, since the manifest of its artifact can't be read`];
}

/** A table that lost half of its rows was likely cut off on its way: held-out rows of it can't tell. */
function fewerRows(world: World, beginning: Beginning): Pick<RolloutStatus, 'fewerRows'> {
  const { before, now } = contractsOf(world, beginning);
  if (before === undefined || now === undefined || 2 * now.data.rows >= before.data.rows) return {};
  return { fewerRows: `${now.data.rows} rows, where ${beginning.current.name} was made from ${before.data.rows}` };
}

function contractsOf({ contracts }: World, { current, candidate }: Beginning) {
  return { before: contracts?.get(current.name), now: contracts?.get(candidate.name) };
}
