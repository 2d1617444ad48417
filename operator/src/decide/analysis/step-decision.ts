import type { AnalysisSettings } from './analysis-settings.js';
import { inWords, isRequired, MIN_FAILED, MIN_REQUESTS } from './check.js';
import type { JudgedCheck } from './check.js';
import { sharesOf } from './comparison-message.js';
import type { Evidence } from './evidence.js';
import { differenceBounds } from './share-bounds.js';
import type { SourceEvidence } from './source-evidence.js';
import { plus } from './tally.js';
import type { Block } from './tally.js';
import { counted, percent, points } from './written-numbers.js';

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
  /** What the checks say of the evidence. */
  readonly checks: readonly JudgedCheck[];
  readonly step: Step;
  /** Since the step began, in seconds. */
  readonly stepAge: number;
  /** Since a read brought requests of the candidate, of users or replayed, or since the step began, in seconds. */
  readonly quietAge: number;
  /** When that was, for people. A message with its age would be another one at each look. */
  readonly quietSince: string;
  /** For how long the operator has looked without a gap, in seconds. */
  readonly watchedAge: number;
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
  readonly settings: AnalysisSettings;
  /** Why nothing passes at this look, whatever is proven: empty where something may. */
  readonly doubts: readonly string[];
}

type Rule = (look: Judged) => StepDecision | undefined;

/** In this order: a Fail always counts, and a look without data neither proves anything nor ends a step. */
const rules: readonly Rule[] = [failed, unreadable, proven, quiet, onTime, inconclusive];

/** The rules of section 7: what to do at this look. */
export function stepDecision(look: Look, settings: AnalysisSettings): StepDecision {
  const stepAge = Math.max(0, look.stepAge);
  const quietAge = Math.max(0, look.quietAge);
  const doubts = [...failingControl(look.evidence, settings), ...look.checks.flatMap(doubted)];
  const judged = { ...look, stepAge, quietAge, settings, doubts };
  for (const rule of rules) {
    const decision = rule(judged);
    if (decision !== undefined) return decision;
  }
  return awaiting(judged);
}

function failed({ checks }: Judged): StepDecision | undefined {
  const check = checks.find(({ verdict }) => verdict === 'Fail');
  return check && { kind: 'RollBack', reason: 'CheckFailed', message: inWords([check]) };
}

function unreadable(look: Judged): StepDecision | undefined {
  return look.problem === undefined ? undefined : withoutData(look, look.problem);
}

/** A group that fails itself makes every candidate look good. */
function failingControl({ live, replay }: Evidence, { failures: { maxShare } }: AnalysisSettings): string[] {
  const controls = [live, replay].map((source) => timelyIn(source).control);
  const failing = controls.filter(({ n, x }) => x >= MIN_FAILED && x > maxShare * n);
  return failing.map(({ n, x }) => {
    const seen = `${percent(x / n)} of ${counted(n)} in this step had no good answer in time`;
    return `the control group fails itself: ${seen}; nothing passes while that is over ${percent(maxShare)}`;
  });
}

function doubted(check: JudgedCheck): string[] {
  return check.isDoubted ? [`${inWords([check])}; in serious doubt at this look`] : [];
}

function proven({ checks, step, stepAge, doubts }: Judged): StepDecision | undefined {
  const required = checks.filter(isRequired);
  if (stepAge < step.minSeconds || doubts.length > 0) return undefined;
  if (!required.every(({ verdict }) => verdict === 'Pass')) return undefined;
  const isReplayed = required.some(({ source }) => source === 'Replay');
  const reason = isReplayed ? 'ProvenOnReplay' : 'Proven';
  return { kind: 'NextStep', reason, message: inWords(required) };
}

function quiet(look: Judged): StepDecision | undefined {
  if (look.quietAge < QUIET_INTERVALS * look.settings.intervalSeconds) return undefined;
  return withoutData(look, 'no request of the candidate');
}

function onTime(look: Judged): StepDecision | undefined {
  const { step, stepAge, doubts, evidence } = look;
  if (step.isLast || stepAge < step.maxSeconds) return undefined;
  if (rowsInStep(evidence) < MIN_REQUESTS || doubts.length > 0) return undefined;
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

function awaiting({ checks, step, doubts }: Judged): StepDecision {
  const open = checks.filter((check) => isRequired(check) && check.verdict !== 'Pass' && !check.isDoubted);
  const reasons = [...doubts, ...open.map((check) => inWords([check]))];
  const message =
    reasons.length > 0 ? reasons.join('. ') : `passed; the step lasts at least ${counted(step.minSeconds)} s`;
  return { kind: 'Hold', reason: 'AwaitingEvidence', message };
}

function withoutData({ quietAge, quietSince, watchedAge, settings }: Judged, why: string): StepDecision {
  const isLong = Math.min(quietAge, watchedAge) >= MAX_NO_DATA_SECONDS;
  const kind = settings.noDataPolicy === 'RollBack' && isLong ? 'RollBack' : 'Hold';
  return { kind, reason: 'NoData', message: `${why}; nothing new since ${quietSince}` };
}

/** What a step that ends by time knows of the failures: on replayed rows where users sent none. */
function notProven({ evidence: { live, replay }, doubts }: Judged): string {
  const isLive = stepOf(live).candidate.n > 0;
  const step = stepOf(isLive ? live : replay);
  if (step.candidate.n === 0) return 'not proven: no request in this step';
  const bounds = differenceBounds(step, SHOWN_ALPHA).map(points);
  const shares = `${isLive ? '' : 'on replayed rows: '}${sharesOf(step)}`;
  const seen = `not proven: ${shares} failed, a difference between ${bounds.join(' and ')} points`;
  return [seen, ...doubts].join('. ');
}

/** Rows of the candidate in this step, of users and replayed. */
function rowsInStep({ live, replay }: Evidence): number {
  return stepOf(live).candidate.n + stepOf(replay).candidate.n;
}

/** Those of them that it gave a good answer to, in time. */
export function answeredInStep({ live, replay }: Evidence): number {
  const { n, x } = plus(timelyIn(live).candidate, timelyIn(replay).candidate);
  return n - x;
}

function stepOf({ requests }: SourceEvidence): Block {
  return requests.all.failures.step;
}

/** What had no good answer in time counts against who was asked. */
function timelyIn({ requests }: SourceEvidence): Block {
  return requests.all.latency.step;
}
