import type { RolloutStatus } from '@churnops/crds';
import type { CanaryLook } from '../canary-look.js';
import type { Rule } from '../rule.js';
import { wasSeenFor } from '../seen-for.js';
import { rollbackRecord } from '../turning-points.js';
import { isRejected } from '../verdicts.js';

/** So long no router may reach any pod of the candidate. */
const UNREACHABLE_SECONDS = 30;

/** What ends the rollout of a candidate that has not taken over, whatever the checks say. */
export const troubles: readonly Rule[] = [rejected, hopeless, unready, unreachable];

function rejected(look: CanaryLook): RolloutStatus | undefined {
  return isRejected(look.status) ? rolledBack(look, 'Rejected', 'It was rejected by hand') : undefined;
}

function hopeless(look: CanaryLook): RolloutStatus | undefined {
  const { hopeless: reason, trouble = '' } = look.candidate;
  return reason && rolledBack(look, reason, `It can not run: ${trouble}`);
}

function unready(look: CanaryLook): RolloutStatus | undefined {
  const seconds = look.settings.progressDeadlineSeconds;
  if (!wasSeenFor(look, look.status.unreadySince, seconds)) return undefined;
  const why = look.candidate.trouble ?? 'they are not ready';
  return rolledBack(look, 'ProgressDeadlineExceeded', `Its pods were not ready within ${seconds} s: ${why}`);
}

function unreachable(look: CanaryLook): RolloutStatus | undefined {
  if (!wasSeenFor(look, look.status.unreachableSince, UNREACHABLE_SECONDS)) return undefined;
  return rolledBack(look, 'CandidateUnreachable', `No pod that serves could reach it for ${UNREACHABLE_SECONDS} s`);
}

function rolledBack(look: CanaryLook, reason: string, message: string): RolloutStatus {
  return rollbackRecord(look.status, { reason, message }, look);
}
