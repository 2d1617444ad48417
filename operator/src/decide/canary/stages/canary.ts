import type { RolloutStatus } from '@churnops/crds';
import type { StepDecision } from '../../analysis/step-decision.js';
import { withoutUndefined } from '../../../without-undefined.js';
import type { CanaryLook } from '../canary-look.js';
import { condemned, judged } from '../judgement.js';
import { awaitingApproval, entered, grown, nextStep } from '../larger-share.js';
import type { Rule } from '../rule.js';
import { withReason } from '../rule.js';

/** The candidate answers for its share of the customers. */
export const canary: readonly Rule[] = [stepped];

/**
 * A passed step: the candidate gets the pods for the next one, unless that waits for approval. When they are ready the next one begins,
 * at a look that passes the step too: something may speak against the candidate since.
 */
function stepped(look: CanaryLook): RolloutStatus {
  const decision = judged(look);
  const { reason, message } = decision;
  const rollback = condemned(look, decision);
  if (rollback !== undefined) return rollback;
  if (decision.kind === 'NextStep') return moved({ ...look, status: withProof(look, decision) }, message);
  if (!isStillPassed(look, decision)) return withReason(look.status, reason, message);
  return awaitingApproval(look, '') === undefined ? moved(look, message) : look.status;
}

/** A step that was passed and waits for a person or for pods does not wait for rows anew when none come any more. */
function isStillPassed({ status, problem }: CanaryLook, { reason }: StepDecision): boolean {
  const waits = status.reason === 'AwaitingApproval' || status.reason === 'Growing';
  return waits && reason === 'NoData' && problem === undefined;
}

const proofs = { Proven: 'Live', ProvenOnReplay: 'Replay' } as const;

/** Only the last step decides what a promotion rests on. */
function withProof(look: CanaryLook, { reason }: StepDecision): RolloutStatus {
  const { status } = look;
  const provenBy = nextStep(look) === undefined && isProof(reason) ? proofs[reason] : undefined;
  return status.provenBy === provenBy ? status : withoutUndefined({ ...status, provenBy });
}

function isProof(reason: StepDecision['reason']): reason is keyof typeof proofs {
  return reason in proofs;
}

function moved(look: CanaryLook, message: string): RolloutStatus {
  const { status, candidate } = look;
  const waiting = awaitingApproval(look, message);
  if (waiting !== undefined) return waiting;
  if (status.sizePercent <= status.percent) return grown(look, message);
  return candidate.isSized ? entered(look, message) : withReason(status, 'Growing', message);
}
