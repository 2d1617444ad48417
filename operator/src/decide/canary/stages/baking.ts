import { reasons } from '@churnops/crds';
import type { RolloutStatus } from '@churnops/crds';
import { ageSeconds } from '../../age-seconds.js';
import { inWords } from '../../analysis/check.js';
import { isHealthy } from '../bake-health.js';
import type { CanaryLook } from '../canary-look.js';
import type { Rule } from '../rule.js';
import { withReason } from '../rule.js';
import { wasSeenFor } from '../seen-for.js';
import { completionRecord, rollbackRecord } from '../turning-points.js';
import { isRejected } from '../verdicts.js';

/** So long a revision that took over may be without a pod that can answer. */
const NOT_READY_SECONDS = 10;

/** It has taken over, and the revision before is kept to go back to. */
export const baking: readonly Rule[] = [rejected, notReady, failed, baked, told];

function rejected(look: CanaryLook): RolloutStatus | undefined {
  return isRejected(look.status) ? wentBack(look, 'Rejected', 'It was rejected by hand') : undefined;
}

/** None of its pods can answer. */
function notReady(look: CanaryLook): RolloutStatus | undefined {
  if (!wasSeenFor(look, look.status.unreadySince, NOT_READY_SECONDS)) return undefined;
  const { trouble } = look.candidate;
  const why = trouble === undefined ? '' : `: ${trouble}`;
  return wentBack(look, 'NotReady', `It took over, and none of its pods was ready for ${NOT_READY_SECONDS} s${why}`);
}

function failed(look: CanaryLook): RolloutStatus | undefined {
  const check = look.checks.find(({ verdict }) => verdict === 'Fail');
  return check && wentBack(look, 'AnalysisFailed', inWords([check]));
}

function baked(look: CanaryLook): RolloutStatus | undefined {
  const { status, settings, checks, now } = look;
  if (ageSeconds(now, status.stepStartTime) < settings.bakeSeconds) return undefined;
  return isHealthy(status, checks) ? completionRecord(status, look) : undefined;
}

/** What the checks say so far. That it took over without a canary stays to be seen. */
function told({ status, checks, problem }: CanaryLook): RolloutStatus | undefined {
  return status.reason === reasons.takenOver ? undefined : withReason(status, 'Baking', problem ?? inWords(checks));
}

/** There is a way back only while the revision before can answer: otherwise nobody would. */
function wentBack(look: CanaryLook, reason: string, message: string): RolloutStatus {
  if (look.canGoBack) return rollbackRecord(look.status, { reason, message }, look);
  return withReason(look.status, reason, `${message}. It keeps serving while the revision before has no ready pod`);
}
