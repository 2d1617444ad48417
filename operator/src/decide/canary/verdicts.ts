import { annotations } from '@churnops/crds';
import type { RolloutStatus } from '@churnops/crds';
import type { Revision, World } from '../../world.js';

/** As many verdicts are kept. */
const MAX_VERDICTS = 16;

/** The value of the annotation `churnops.dev/verdict`, if it is one. */
export function verdictOn({ object }: Revision): string | undefined {
  const value = object.metadata.annotations?.[annotations.verdict];
  return value !== undefined && /^(approve-[1-9][0-9]?|reject|retry-[1-9][0-9]{0,4})$/.test(value) ? value : undefined;
}

/** Whether the annotation says something else than when it was heard last, or nothing any more. */
export function isVerdictNew(revision: Revision): boolean {
  return verdictOn(revision) !== revision.status?.rollout?.heard;
}

/**
 * The record of a rollout with what the annotation says now: the same object when that was heard already. That it is gone is heard too,
 * so that the same verdict may be given again.
 */
export function withHeard(
  rollout: RolloutStatus,
  revision: Revision,
  { now, verdictManagers }: Pick<World, 'now' | 'verdictManagers'>,
): RolloutStatus {
  const verdict = verdictOn(revision);
  const { heard, ...rest } = rollout;
  if (verdict === heard) return rollout;
  if (verdict === undefined) return rest;
  const manager = verdictManagers.get(revision.name);
  const by = manager === undefined ? {} : { manager };
  const said = { verdict, attempt: rollout.attempt, time: now.toISOString(), ...by };
  return { ...rest, heard: verdict, verdicts: [...(rollout.verdicts ?? []), said].slice(-MAX_VERDICTS) };
}

/** Whether somebody approved this step in this attempt. What stands there since an attempt before says nothing of it. */
export function isApproved({ verdicts = [], attempt }: RolloutStatus, step: number): boolean {
  return verdicts.some((said) => said.verdict === `approve-${step}` && said.attempt === attempt);
}

/** Whether somebody wants the candidate gone: for as long as that stands on the revision. */
export function isRejected({ heard }: RolloutStatus): boolean {
  return heard === 'reject';
}
