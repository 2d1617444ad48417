import type { RolloutStatus } from '@churnops/crds';
import { inWords } from '../../analysis/check.js';
import { answeredInStep } from '../../analysis/step-decision.js';
import type { CanaryLook } from '../canary-look.js';
import { condemned, judged } from '../judgement.js';
import { awaitingApproval, entered } from '../larger-share.js';
import type { Rule } from '../rule.js';
import { withReason } from '../rule.js';
import { isApproved } from '../verdicts.js';

/** The candidate gets copies, and nobody sees its answers. */
export const shadow: readonly Rule[] = [begun, shadowed];

/** Its first pods are ready: copies begin. */
function begun({ status, candidate, nextSequence, now }: CanaryLook): RolloutStatus | undefined {
  if (status.percent > 0) return undefined;
  const { contractChanges = [] } = status;
  if (contractChanges.length > 0 && !isApproved(status, 1))
    return withReason(status, 'ContractChanged', stricter(contractChanges));
  if (!candidate.isSized) return status;
  return { ...status, sequence: nextSequence, percent: status.sizePercent, stepStartTime: now.toISOString() };
}

function stricter(changes: readonly string[]): string {
  return `It refuses requests that are answered now: ${changes.join('; ')}. It waits for the verdict approve-1`;
}

function shadowed(look: CanaryLook): RolloutStatus | undefined {
  const { status, settings, checks, candidate } = look;
  const decision = judged(look);
  const rollback = condemned(look, decision);
  if (rollback !== undefined) return rollback;
  const answered = Math.min(answeredInStep(look.evidence), settings.shadowSamples);
  const told = `${answered} of ${settings.shadowSamples} copies answered`;
  if (answered < settings.shadowSamples) return awaitingCopies(status, decision, told);
  const doubted = checks.filter(({ isDoubted }) => isDoubted);
  if (doubted.length > 0) return withReason(status, 'AwaitingEvidence', inWords(doubted));
  return awaitingApproval(look, told) ?? (candidate.isSized ? entered(look, told) : undefined);
}

/** Copies come, or there are no rows, or nobody can say. */
function awaitingCopies(
  status: RolloutStatus,
  { reason, message }: ReturnType<typeof judged>,
  told: string,
): RolloutStatus {
  return reason === 'NoData' ? withReason(status, reason, message) : withReason(status, 'Shadowing', told);
}
