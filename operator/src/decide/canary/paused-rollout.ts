import type { RolloutStatus } from '@churnops/crds';
import type { Revision, World } from '../../world.js';
import { isBaking, isOnTheWay } from './rollout-facts.js';

/** The record of a rollout of a model that is suspended: since when. Undefined when it is recorded already, or there is none. */
export function pausedRollout({ now }: World, revision: Revision): RolloutStatus | undefined {
  const rollout = openRollout(revision);
  if (rollout === undefined || rollout.suspendedTime !== undefined) return undefined;
  return { ...rollout, suspendedTime: now.toISOString() };
}

/** The record of a rollout that goes on: its step or bake is as old as it was. Undefined when it was not suspended. */
export function resumedRollout({ now }: World, revision: Revision): RolloutStatus | undefined {
  const paused = openRollout(revision);
  if (paused?.suspendedTime === undefined) return undefined;
  const { suspendedTime, ...rollout } = paused;
  const pause = Math.max(0, now.getTime() - Date.parse(suspendedTime));
  return { ...rollout, stepStartTime: new Date(Date.parse(rollout.stepStartTime) + pause).toISOString() };
}

function openRollout(revision: Revision): RolloutStatus | undefined {
  return isOnTheWay(revision) || isBaking(revision) ? revision.status?.rollout : undefined;
}
