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
  const waiting = isApproved(status, 1) ? undefined : firstApproval(status);
  if (waiting !== undefined) return waiting;
  if (!candidate.isSized) return status;
  return { ...status, sequence: nextSequence, percent: status.sizePercent, stepStartTime: now.toISOString() };
}

/** It waits for approval before the first rows are sent to it; undefined while nothing is odd about it. */
function firstApproval(status: RolloutStatus): RolloutStatus | undefined {
  const { contractChanges = [], fewerRows } = status;
  const table = fewerRows === undefined ? [] : [`It was made from ${fewerRows}`];
  const requests =
    contractChanges.length === 0 ? [] : [`It refuses requests that are answered now: ${contractChanges.join('; ')}`];
  const odd = [...requests, ...table];
  if (odd.length === 0) return undefined;
  const reason = requests.length > 0 ? 'ContractChanged' : 'AwaitingApproval';
  return withReason(status, reason, [...odd, 'It waits for the verdict approve-1'].join('. '));
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
