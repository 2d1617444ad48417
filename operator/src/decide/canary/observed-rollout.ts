import type { RolloutStatus } from '@churnops/crds';
import { isDeepStrictEqual } from 'node:util';
import type { CanaryLook } from './canary-look.js';

/**
 * What is recorded of a rollout with what was seen at this look; the same object when nothing of it is new. No decision. A revision
 * is unready before the bake while it lacks some of the pods that it shall have, and in the bake while none of its pods can answer.
 */
export function observedRollout(look: CanaryLook): RolloutStatus {
  const { status, routers, candidate, current, hasNewRows } = look;
  const { unreadySince, unreachableSince, lastSampleTime, ...rest } = withAcknowledged(look);
  const time = look.now.toISOString();
  const isUnready = status.stage === 'Baking' ? current.readyPods === 0 : !candidate.isSized;
  const isCutOff =
    status.percent > 0 && routers.length > 0 && routers.every(({ percent, reaches }) => percent > 0 && !reaches);
  const since = (isSo: boolean, known: string | undefined) => (isSo ? (known ?? time) : undefined);
  const seen: RolloutStatus = {
    ...rest,
    ...timesOf({
      unreadySince: since(isUnready, unreadySince),
      unreachableSince: since(isCutOff, unreachableSince),
      lastSampleTime: hasNewRows ? time : lastSampleTime,
    }),
  };
  return isDeepStrictEqual(seen, status) ? status : seen;
}

/** The record with the share that routers act on; the same object when that is no news. */
export function withAcknowledged({ status, routers }: CanaryLook): RolloutStatus {
  if (routers.length === 0) return status;
  const acknowledgedPercent = Math.max(...routers.map(({ percent }) => percent));
  return acknowledgedPercent === status.acknowledgedPercent ? status : { ...status, acknowledgedPercent };
}

type Times = Pick<RolloutStatus, 'unreadySince' | 'unreachableSince' | 'lastSampleTime'>;

/** Without those that are undefined. */
function timesOf({ unreadySince, unreachableSince, lastSampleTime }: Times): Times {
  return {
    ...(unreadySince !== undefined && { unreadySince }),
    ...(unreachableSince !== undefined && { unreachableSince }),
    ...(lastSampleTime !== undefined && { lastSampleTime }),
  };
}
