import type { RolloutStatus } from '@churnops/crds';
import { isDeepStrictEqual } from 'node:util';
import { withoutUndefined } from '../../without-undefined.js';
import { pastTime } from '../past-time.js';
import type { CanaryLook } from './canary-look.js';

/**
 * What is recorded of a rollout with what was seen at this look; the same object when nothing of it is new. No decision. A revision
 * is unready before the bake while it lacks some of the pods that it shall have, and in the bake while none of its pods can answer.
 */
export function observedRollout(look: CanaryLook): RolloutStatus {
  const { status, routers, candidate, current, hasNewRows } = look;
  const time = look.now.toISOString();
  const isUnready = status.stage === 'Baking' ? current.readyPods === 0 : !candidate.isSized;
  const isCutOff =
    status.percent > 0 && routers.length > 0 && routers.every(({ percent, reaches }) => percent > 0 && !reaches);
  const past = (known: string | undefined) => known && pastTime(known, look.now);
  const since = (isSo: boolean, known: string | undefined) => (isSo ? (past(known) ?? time) : undefined);
  const seen: RolloutStatus = withoutUndefined({
    ...withAcknowledged(look),
    stepStartTime: pastTime(status.stepStartTime, look.now),
    unreadySince: since(isUnready, status.unreadySince),
    unreachableSince: since(isCutOff, status.unreachableSince),
    lastSampleTime: hasNewRows ? time : past(status.lastSampleTime),
  });
  return isDeepStrictEqual(seen, status) ? status : seen;
}

/** The record with the share that routers act on; the same object when that is no news. */
export function withAcknowledged({ status, routers }: CanaryLook): RolloutStatus {
  if (routers.length === 0) return status;
  const acknowledgedPercent = Math.max(...routers.map(({ percent }) => percent));
  return acknowledgedPercent === status.acknowledgedPercent ? status : { ...status, acknowledgedPercent };
}
