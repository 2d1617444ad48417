import type { RolloutStatus } from '@churnops/crds';
import { isDeepStrictEqual } from 'node:util';
import type { CanaryLook } from './canary-look.js';

/** What is recorded of a rollout with what was seen at this look; the same object when nothing of it is new. No decision. */
export function observedRollout(look: CanaryLook): RolloutStatus {
  const { status, routers, candidate, hasNewRows } = look;
  const time = look.now.toISOString();
  const { acknowledgedPercent: _, unreadySince, unreachableSince, lastSampleTime, ...rest } = status;
  const isCutOff = status.percent > 0 && routers.length > 0 && routers.every(({ reaches }) => !reaches);
  const seen: RolloutStatus = {
    ...rest,
    ...(routers.length === 0 ? {} : { acknowledgedPercent: Math.max(...routers.map(({ percent }) => percent)) }),
    ...(candidate.isSized ? {} : { unreadySince: unreadySince ?? time }),
    ...(isCutOff ? { unreachableSince: unreachableSince ?? time } : {}),
    ...sampleTime(hasNewRows ? time : lastSampleTime),
  };
  return isDeepStrictEqual(seen, status) ? status : seen;
}

function sampleTime(lastSampleTime: string | undefined): Pick<RolloutStatus, 'lastSampleTime'> {
  return lastSampleTime === undefined ? {} : { lastSampleTime };
}
