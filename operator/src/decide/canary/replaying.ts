import { reasons } from '@churnops/crds';
import type { RolloutStatus } from '@churnops/crds';
import { ageSeconds } from '../age-seconds.js';
import type { AnalysisSettings } from '../analysis/analysis-settings.js';
import type { Evidence } from '../analysis/evidence.js';

/** Rows of users for the candidate in a second below which a verdict on them takes more than ten minutes or so. */
const ENOUGH_ROWS_PER_SECOND = 2;
/** A step is watched for so many intervals first. */
const WATCHED_INTERVALS = 2;

/** What the decision to replay depends on. */
export interface ReplayLook {
  readonly before: RolloutStatus;
  readonly evidence: Evidence;
  readonly now: Date;
  readonly settings: AnalysisSettings;
}

/** Whether held-out rows are sent as well until the step is passed, since too few rows of users come. A person needs none. */
export function isReplaying(next: RolloutStatus, { before, evidence, now, settings }: ReplayLook): boolean {
  const isSame = next.step === before.step && next.percent > 0 && ['Shadow', 'Canary'].includes(next.stage);
  const isGoingOn = isSame && next.reason !== reasons.awaitingApproval;
  if (!isGoingOn || before.replaying === true) return isGoingOn;
  const age = ageSeconds(now, next.stepStartTime);
  const rows = evidence.live.requests.all.failures.step.candidate.n;
  return age >= WATCHED_INTERVALS * settings.intervalSeconds && rows < ENOUGH_ROWS_PER_SECOND * age;
}
