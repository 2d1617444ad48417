import type { RolloutStatus } from '@churnops/crds';
import { stepDecision } from '../analysis/step-decision.js';
import type { Step, StepDecision } from '../analysis/step-decision.js';
import { ageSeconds } from '../age-seconds.js';
import type { CanaryLook } from './canary-look.js';
import { rollbackRecord } from './turning-points.js';

const rollbackReasons = { CheckFailed: 'AnalysisFailed', NoData: 'NoData', Inconclusive: 'Inconclusive' } as const;

/** What the checks say of a candidate that gets rows. */
export function judged(look: CanaryLook): StepDecision {
  const { evidence, checks, problem, status, settings, now } = look;
  const quietSince = status.lastSampleTime ?? status.stepStartTime;
  const quiet = { quietSince, quietAge: ageSeconds(now, quietSince), watchedAge: look.watchedSeconds };
  const stepAge = ageSeconds(now, status.stepStartTime);
  return stepDecision({ evidence, checks, problem, step: stepOf(look), stepAge, ...quiet }, settings.analysis);
}

/** The record of a rollback that the checks ask for; undefined when they don't. */
export function condemned(look: CanaryLook, decision: StepDecision): RolloutStatus | undefined {
  if (decision.kind !== 'RollBack') return undefined;
  return rollbackRecord(look.status, { reason: rollbackReasons[decision.reason], message: decision.message }, look);
}

/**
 * Shadow and full traffic have no end by time or proof: other rules end them. Of a list that was made shorter meanwhile the last step
 * counts.
 */
function stepOf({ status, settings }: CanaryLook): Step {
  const { steps } = settings;
  const step = status.stage === 'Canary' ? steps[Math.min(status.step, steps.length) - 1] : undefined;
  return step ?? { isLast: false, minSeconds: Infinity, maxSeconds: Infinity };
}
