import { reasons } from '@churnops/crds';
import type { RolloutStatus } from '@churnops/crds';
import type { CanaryLook } from './canary-look.js';
import type { CanaryStep } from './canary-settings.js';
import { withReason } from './rule.js';
import { stepAfter } from './step-after.js';
import { isApproved } from './verdicts.js';

/** The step to go to, by its number from 1; undefined: everything. */
export function nextStep({ status, settings }: CanaryLook): { number: number; step: CanaryStep } | undefined {
  return stepAfter(status, settings.steps);
}

/** It waits for approval of the step to go to; undefined while it needn't. */
export function awaitingApproval(look: CanaryLook, message: string): RolloutStatus | undefined {
  const after = nextStep(look);
  if (after?.step.needsApproval !== true || isApproved(look.status, after.number)) return undefined;
  const wanted = `Step ${after.number} waits for the verdict approve-${after.number}`;
  return withReason(look.status, 'AwaitingApproval', `${message}. ${wanted}`);
}

/** It gets the pods for the step to go to. */
export function grown(look: CanaryLook, message: string): RolloutStatus {
  const sizePercent = percentOf(nextStep(look));
  return { ...look.status, sequence: look.nextSequence, sizePercent, reason: 'Growing', message };
}

/** The step to go to begins, unless it asks for more pods than were made. */
export function entered(look: CanaryLook, message: string): RolloutStatus {
  const { status, settings, nextSequence, now } = look;
  const after = nextStep(look);
  const percent = percentOf(after);
  if (status.sizePercent < percent) return grown(look, message);
  const place = { percent, sizePercent: percent, stepStartTime: now.toISOString(), sequence: nextSequence };
  // What it proved is said until the promotion.
  if (after === undefined)
    return { ...status, ...place, stage: 'Full', step: settings.steps.length, reason: 'Full', message };
  const begun = { reason: reasons.canaryStep, message: `Step ${after.number} has begun` };
  return { ...status, ...place, ...begun, stage: 'Canary', step: after.number };
}

function percentOf(after: ReturnType<typeof nextStep>): number {
  return after?.step.percent ?? 100;
}
