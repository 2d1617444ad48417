import { reasons } from '@churnops/crds';
import type { RolloutStatus } from '@churnops/crds';
import { isRequired } from '../analysis/check.js';
import { answeredInStep, stepDecision } from '../analysis/step-decision.js';
import type { Step, StepDecision } from '../analysis/step-decision.js';
import type { CanaryLook } from './canary-look.js';
import { isHealthy } from './bake-health.js';
import { observedRollout, withAcknowledged } from './observed-rollout.js';
import { withoutUndefined } from '../../without-undefined.js';
import { isOver } from './rollout-facts.js';
import { stepAfter } from './step-after.js';
import { isApproved, isRejected } from './verdicts.js';

/** So long no router may reach any pod of the candidate. */
const UNREACHABLE_SECONDS = 30;
/** So long a revision that took over may be without a pod that can answer. */
const NOT_READY_SECONDS = 10;

type Rule = (look: CanaryLook) => RolloutStatus | undefined;

/** In this order: what ends a rollout comes before what moves it on. */
const rules: readonly Rule[] = [
  ...[rejected, hopeless, unready, unreachable],
  ...[judged, begun, promoted],
  ...[notReady, failedInBake, baked, baking],
];

/**
 * The status that a rollout gets at this look: the same object when nothing is decided. A decision that routers act on has the
 * next sequence. It is recorded before anything is done about it, and what is done follows from the record alone, so that an
 * operator that dies in between leaves nothing half decided.
 */
export function nextRollout(look: CanaryLook): RolloutStatus {
  if (isOver(look.status)) return withAcknowledged(look);
  const seen = { ...look, status: observedRollout(look) };
  for (const rule of rules) {
    const next = rule(seen);
    if (next !== undefined) return next;
  }
  return seen.status;
}

function rejected(look: CanaryLook): RolloutStatus | undefined {
  return isRejected(look.status) ? wentBack(look, 'Rejected', 'It was rejected by hand') : undefined;
}

function hopeless(look: CanaryLook): RolloutStatus | undefined {
  const { candidate, status } = look;
  if (status.stage === 'Baking' || candidate.hopeless === undefined) return undefined;
  return rolledBack(look, candidate.hopeless, `It can not run: ${candidate.trouble ?? ''}`);
}

function unready(look: CanaryLook): RolloutStatus | undefined {
  const { candidate, settings, status } = look;
  const seconds = settings.progressDeadlineSeconds;
  if (status.stage === 'Baking' || isYounger(look, status.unreadySince, seconds)) return undefined;
  const why = candidate.trouble ?? 'they are not ready';
  return rolledBack(look, 'ProgressDeadlineExceeded', `Its pods were not ready within ${seconds} s: ${why}`);
}

function unreachable(look: CanaryLook): RolloutStatus | undefined {
  const { stage, unreachableSince } = look.status;
  if (stage === 'Baking' || isYounger(look, unreachableSince, UNREACHABLE_SECONDS)) return undefined;
  const message = `No pod that serves could reach it for ${UNREACHABLE_SECONDS} s`;
  return rolledBack(look, 'CandidateUnreachable', message);
}

/** What the checks say of a candidate that gets rows. */
function judged(look: CanaryLook): RolloutStatus | undefined {
  const { status } = look;
  if (status.percent === 0 || status.stage === 'Baking') return undefined;
  const decision = decisionAt(look, stepOf(look));
  if (decision.kind === 'RollBack') return rolledBack(look, rollbackReasons[decision.reason], decision.message);
  if (status.stage === 'Shadow') return decision.reason === 'NoData' ? unseen(look, decision) : shadowed(look);
  return status.stage === 'Canary' ? stepped(look, decision) : undefined;
}

/**
 * A passed step: the candidate gets the pods for the next one, unless that waits for approval. When they are ready the next one begins,
 * at a look that passes the step too: something may speak against the candidate since.
 */
function stepped(look: CanaryLook, decision: StepDecision): RolloutStatus | undefined {
  if (decision.kind === 'NextStep') return moved({ ...look, status: withProof(look, decision) }, decision.message);
  if (!isStillPassed(look, decision)) return held(look.status, decision);
  return awaitingApproval(look, '') === undefined ? moved(look, decision.message) : look.status;
}

/** A step that was passed and waits for a person or for pods does not wait for rows anew when none come any more. */
function isStillPassed({ status, problem }: CanaryLook, { reason }: StepDecision): boolean {
  const waits = status.reason === 'AwaitingApproval' || status.reason === 'Growing';
  return waits && reason === 'NoData' && problem === undefined;
}

/** Only the last step decides what a promotion rests on. */
function withProof(look: CanaryLook, { reason }: StepDecision): RolloutStatus {
  const { status } = look;
  const provenBy = nextStep(look) === undefined && isProof(reason) ? proofs[reason] : undefined;
  return status.provenBy === provenBy ? status : withoutUndefined({ ...status, provenBy });
}

function moved(look: CanaryLook, message: string): RolloutStatus {
  const waiting = awaitingApproval(look, message);
  if (waiting !== undefined) return waiting;
  if (!isGrowing(look.status)) return grown(look, message);
  return look.candidate.isSized ? entered(look, message) : withReason(look.status, 'Growing', message);
}

/** What it proved is said until the promotion. */
function entered(look: CanaryLook, message: string): RolloutStatus {
  const next = entering(look, message);
  return next.stage === 'Full' ? { ...next, message } : next;
}

const rollbackReasons = { CheckFailed: 'AnalysisFailed', NoData: 'NoData', Inconclusive: 'Inconclusive' } as const;

function decisionAt(look: CanaryLook, step: Step): StepDecision {
  const { evidence, checks, problem, status, settings } = look;
  const stepAge = ageOf(look, status.stepStartTime);
  const quietSince = status.lastSampleTime ?? status.stepStartTime;
  const quiet = { quietSince, quietAge: ageOf(look, quietSince), watchedAge: look.watchedSeconds };
  return stepDecision({ evidence, checks, problem, step, stepAge, ...quiet }, settings.analysis);
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

function nextStep({ status, settings }: CanaryLook) {
  return stepAfter(status, settings.steps);
}

/** It waits for approval of the step to go to; undefined while it needn't. */
function awaitingApproval(look: CanaryLook, message: string): RolloutStatus | undefined {
  const after = nextStep(look);
  if (after?.step.needsApproval !== true || isApproved(look.status, after.number)) return undefined;
  return awaiting(look.status, after.number, message);
}

/** It gets the pods for the step to go to. */
function grown(look: CanaryLook, message: string): RolloutStatus {
  const sizePercent = nextStep(look)?.step.percent ?? 100;
  return { ...look.status, sequence: look.nextSequence, sizePercent, reason: 'Growing', message };
}

const proofs = { Proven: 'Live', ProvenOnReplay: 'Replay' } as const;

function isProof(reason: StepDecision['reason']): reason is keyof typeof proofs {
  return reason in proofs;
}

function shadowed(look: CanaryLook): RolloutStatus | undefined {
  const { status, settings, evidence, checks, candidate } = look;
  const answered = answeredInStep(evidence);
  const told = `${Math.min(answered, settings.shadowSamples)} of ${settings.shadowSamples} copies answered`;
  if (answered < settings.shadowSamples) return withReason(status, 'Shadowing', told);
  const doubted = checks.filter(({ isDoubted }) => isDoubted);
  if (doubted.length > 0) return withReason(status, 'AwaitingEvidence', inWords(doubted));
  return awaitingApproval(look, told) ?? (candidate.isSized ? entering(look, told) : undefined);
}

/** No copy comes: there are no rows, or nobody can say. */
function unseen(look: CanaryLook, decision: StepDecision): RolloutStatus | undefined {
  return answeredInStep(look.evidence) < look.settings.shadowSamples ? held(look.status, decision) : shadowed(look);
}

/** Its first pods are ready: copies begin. */
function begun({ status, candidate, nextSequence, now }: CanaryLook): RolloutStatus | undefined {
  if (status.stage !== 'Shadow' || status.percent > 0) return undefined;
  const { contractChanges = [] } = status;
  if (contractChanges.length > 0 && !isApproved(status, 1))
    return withReason(status, 'ContractChanged', stricter(contractChanges));
  if (!candidate.isSized) return undefined;
  return { ...status, sequence: nextSequence, percent: status.sizePercent, stepStartTime: now.toISOString() };
}

function stricter(changes: readonly string[]): string {
  return `It refuses requests that are answered now: ${changes.join('; ')}. It waits for the verdict approve-1`;
}

/** The next step begins, unless it asks for more pods than were made. */
function entering(look: CanaryLook, message: string): RolloutStatus {
  const after = nextStep(look);
  return look.status.sizePercent < (after?.step.percent ?? 100) ? grown(look, message) : atStep(look, after?.number);
}

/** Every router sends everything, shielded, and the pods are there: nothing is left to be moved but the Service. */
function promoted(look: CanaryLook): RolloutStatus | undefined {
  const { status, candidate, routers, nextSequence, now } = look;
  if (status.stage !== 'Full' || !candidate.isSized) return undefined;
  const acting = routers.filter(({ sequence, percent }) => sequence >= status.sequence && percent === 100);
  if (routers.length === 0 || acting.length < routers.length) {
    return withReason(status, 'Full', `${acting.length} of ${routers.length} pods send everything`);
  }
  const place = { stage: 'Baking', sequence: nextSequence, stepStartTime: now.toISOString() } as const;
  return { ...status, ...place, reason: 'Baking', message: inWords(look.checks.filter(isRequired)) };
}

function inWords(checks: CanaryLook['checks']): string {
  return checks.map(({ name, message }) => `${name}: ${message}`).join('. ');
}

/** It took over, and none of its pods can answer. */
function notReady(look: CanaryLook): RolloutStatus | undefined {
  const { status, candidate } = look;
  if (status.stage !== 'Baking' || isYounger(look, status.unreadySince, NOT_READY_SECONDS)) return undefined;
  const why = candidate.trouble === undefined ? '' : `: ${candidate.trouble}`;
  return wentBack(look, 'NotReady', `It took over, and none of its pods was ready for ${NOT_READY_SECONDS} s${why}`);
}

function failedInBake(look: CanaryLook): RolloutStatus | undefined {
  if (look.status.stage !== 'Baking') return undefined;
  const check = look.checks.find(({ verdict }) => verdict === 'Fail');
  return check && wentBack(look, 'AnalysisFailed', inWords([check]));
}

function baked(look: CanaryLook): RolloutStatus | undefined {
  const { status, settings, nextSequence, now } = look;
  if (status.stage !== 'Baking' || ageOf(look, status.stepStartTime) < settings.bakeSeconds) return undefined;
  if (look.canGoBack && !isHealthy(status, look.checks)) return undefined;
  return { ...status, stage: 'Complete', sequence: nextSequence, endTime: now.toISOString() };
}

/** What the checks of the bake say so far. That it took over without a canary stays to be seen. */
function baking({ status, checks, problem }: CanaryLook): RolloutStatus | undefined {
  if (status.stage !== 'Baking' || status.reason === reasons.takenOver) return undefined;
  return withReason(status, reasons.baking, problem ?? inWords(checks));
}

/** What the step before waited for is over; what it proved is said until the promotion. Without a number it gets everything. */
function atStep({ status, settings, nextSequence, now }: CanaryLook, number: number | undefined): RolloutStatus {
  const percent = (number === undefined ? undefined : settings.steps[number - 1]?.percent) ?? 100;
  const place = { percent, sizePercent: percent, stepStartTime: now.toISOString(), sequence: nextSequence };
  if (number === undefined) return { ...status, ...place, stage: 'Full', step: settings.steps.length, reason: 'Full' };
  const begun = { reason: reasons.canaryStep, message: `Step ${number} has begun` };
  return { ...status, ...place, ...begun, stage: 'Canary', step: number };
}

/** In the bake there is a way back only while the revision before can answer: otherwise nobody would. */
function wentBack(look: CanaryLook, reason: string, message: string): RolloutStatus {
  if (look.status.stage !== 'Baking' || look.canGoBack) return rolledBack(look, reason, message);
  return withReason(look.status, reason, `${message}. It keeps serving while the revision before has no ready pod`);
}

function rolledBack({ status, nextSequence, now }: CanaryLook, reason: string, message: string): RolloutStatus {
  const end = { endTime: now.toISOString(), reason, message };
  // Routers that were told of the share since they were read may act on it.
  const acknowledgedPercent = Math.max(status.percent, status.acknowledgedPercent ?? 0);
  return { ...status, stage: 'RolledBack', sequence: nextSequence, percent: 0, acknowledgedPercent, ...end };
}

function held(status: RolloutStatus, { reason, message }: StepDecision): RolloutStatus {
  return withReason(status, reason, message);
}

function awaiting(status: RolloutStatus, step: number, message: string): RolloutStatus {
  return withReason(status, 'AwaitingApproval', `${message}. Step ${step} waits for the verdict approve-${step}`);
}

function withReason(status: RolloutStatus, reason: string, message: string): RolloutStatus {
  return status.reason === reason && status.message === message ? status : { ...status, reason, message };
}

function isGrowing({ percent, sizePercent }: RolloutStatus): boolean {
  return sizePercent > percent;
}

/** Whether something was not seen for so many seconds, or isn't so at all: what nobody saw may have been otherwise. */
function isYounger(look: CanaryLook, since: string | undefined, seconds: number): boolean {
  return since === undefined || Math.min(ageOf(look, since), look.watchedSeconds) < seconds;
}

/** In seconds; 0 for a time that is still to come. */
function ageOf({ now }: CanaryLook, since: string): number {
  return Math.max(0, now.getTime() - Date.parse(since)) / 1000;
}
