import type { AnalysisSettings } from './analysis-settings.js';
import { DOUBT, isRequired, MIN_REQUESTS } from './check.js';
import type { JudgedCheck } from './check.js';
import { checksOf } from './checks.js';
import { sharesOf } from './comparison-message.js';
import type { Evidence } from './evidence.js';
import { differenceBounds } from './share-bounds.js';
import type { SourceEvidence } from './source-evidence.js';
import type { Block } from './tally.js';
import { counted, points } from './written-numbers.js';

/** No request of the candidate for so many intervals is no data. */
const QUIET_INTERVALS = 2;
/** After so long without data its policy holds. */
const MAX_NO_DATA_SECONDS = 600;
/** The bounds that are shown hold with probability 0.95. */
const SHOWN_ALPHA = 0.05;

/** A step of the rollout. */
export interface Step {
  readonly isLast: boolean;
  readonly minSeconds: number;
  /** After that an earlier step ends by time, and the last one is inconclusive. */
  readonly maxSeconds: number;
}

/** What is known at one look. Ages count from times that the operator wrote; a clock set back makes them 0. */
export interface Look {
  readonly evidence: Evidence;
  readonly step: Step;
  /** Since the step began, in seconds. */
  readonly stepAge: number;
  /** Since a read brought requests of the candidate, of users or replayed, or since the step began, in seconds. */
  readonly quietAge: number;
  /** Why the counters could not be read or used at this look. */
  readonly problem: string | undefined;
}

/** What a rollout does now. At the last step `NextStep` is full traffic. */
export type StepDecision = { readonly message: string } & (
  | { readonly kind: 'RollBack'; readonly reason: 'CheckFailed' | 'NoData' | 'Inconclusive' }
  | { readonly kind: 'NextStep'; readonly reason: 'Proven' | 'ProvenOnReplay' | 'OnTime' | 'Inconclusive' }
  | { readonly kind: 'Hold'; readonly reason: 'AwaitingEvidence' | 'NoData' | 'Inconclusive' }
);

interface Judged extends Look {
  readonly checks: readonly JudgedCheck[];
  readonly settings: AnalysisSettings;
}

type Rule = (look: Judged) => StepDecision | undefined;

/** In this order: a Fail always counts, and a look without data neither proves anything nor ends a step. */
const rules: readonly Rule[] = [failed, unreadable, proven, quiet, onTime, inconclusive];

/** The rules of section 7: what to do at this look. */
export function stepDecision(look: Look, settings: AnalysisSettings): StepDecision {
  const stepAge = Math.max(0, look.stepAge);
  const quietAge = Math.max(0, look.quietAge);
  const judged = { ...look, stepAge, quietAge, settings, checks: checksOf(look.evidence, settings) };
  for (const rule of rules) {
    const decision = rule(judged);
    if (decision !== undefined) return decision;
  }
  return awaiting(judged);
}

function failed({ checks }: Judged): StepDecision | undefined {
  const check = checks.find(({ verdict }) => verdict === 'Fail');
  return check && { kind: 'RollBack', reason: 'CheckFailed', message: inWords(check) };
}

function unreadable(look: Judged): StepDecision | undefined {
  return look.problem === undefined ? undefined : withoutData(look, look.problem);
}

function proven({ checks, step, stepAge }: Judged): StepDecision | undefined {
  const required = checks.filter(isRequired);
  if (stepAge < step.minSeconds || !required.every(({ verdict }) => verdict === 'Pass')) return undefined;
  const isReplayed = required.some(({ source }) => source === 'Replay');
  const reason = isReplayed ? 'ProvenOnReplay' : 'Proven';
  return { kind: 'NextStep', reason, message: required.map(inWords).join('. ') };
}

function quiet(look: Judged): StepDecision | undefined {
  if (look.quietAge < QUIET_INTERVALS * look.settings.intervalSeconds) return undefined;
  return withoutData(look, 'no request of the candidate');
}

function onTime(look: Judged): StepDecision | undefined {
  const { step, stepAge, checks, evidence } = look;
  if (step.isLast || stepAge < step.maxSeconds) return undefined;
  if (rowsInStep(evidence) < MIN_REQUESTS || checks.some(({ logE }) => logE >= DOUBT)) return undefined;
  return { kind: 'NextStep', reason: 'OnTime', message: notProven(look) };
}

function inconclusive(look: Judged): StepDecision | undefined {
  if (!look.step.isLast || look.stepAge < look.step.maxSeconds) return undefined;
  const outcome = { reason: 'Inconclusive', message: notProven(look) } as const;
  switch (look.settings.inconclusivePolicy) {
    case 'Hold':
      return { kind: 'Hold', ...outcome };
    case 'Promote':
      return { kind: 'NextStep', ...outcome };
    case 'RollBack':
      return { kind: 'RollBack', ...outcome };
  }
}

function awaiting({ checks, step, stepAge }: Judged): StepDecision {
  const open = checks.filter(isRequired).filter(({ verdict }) => verdict !== 'Pass');
  const message =
    open.length > 0
      ? open.map(inWords).join('. ')
      : `passed; the step lasts ${counted(step.minSeconds - stepAge)} s more`;
  return { kind: 'Hold', reason: 'AwaitingEvidence', message };
}

function withoutData({ quietAge, settings }: Judged, why: string): StepDecision {
  const kind = settings.noDataPolicy === 'RollBack' && quietAge >= MAX_NO_DATA_SECONDS ? 'RollBack' : 'Hold';
  return { kind, reason: 'NoData', message: `${why}; nothing new for ${counted(quietAge)} s` };
}

/** What a step that ends by time knows of the failures: on replayed rows where users sent none. */
function notProven({ evidence: { live, replay } }: Judged): string {
  const isLive = stepOf(live).candidate.n > 0;
  const step = stepOf(isLive ? live : replay);
  if (step.candidate.n === 0) return 'not proven: no request in this step';
  const bounds = differenceBounds(step, SHOWN_ALPHA).map(points);
  const shares = `${isLive ? '' : 'on replayed rows: '}${sharesOf(step)}`;
  return `not proven: ${shares} failed, a difference between ${bounds.join(' and ')} points`;
}

/** Rows of the candidate in this step, of users and replayed. */
export function rowsInStep({ live, replay }: Evidence): number {
  return stepOf(live).candidate.n + stepOf(replay).candidate.n;
}

function stepOf({ requests }: SourceEvidence): Block {
  return requests.all.failures.step;
}

function inWords({ name, message }: JudgedCheck): string {
  return `${name}: ${message}`;
}
