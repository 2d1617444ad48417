import type { Condition, HistoryEntry, RolloutReport, RolloutStatus } from '@churnops/crds';
import type { Revision } from '../world.js';
import { sealed } from './history-chain.js';

/** A message in a status may have 32,768 characters; this much of it tells why. */
const MAX_MESSAGE = 1000;

/** The report of a revision that is about to be deleted, as the entry after the one with the hash `previous`. */
export function historyEntry(revision: Revision, previous: string, now: Date): HistoryEntry {
  const { name, spec, status, createdTime } = revision;
  const { number, trigger, refresh, inputHash, servingHash, reuseArtifactOf } = spec;
  const { artifact, metrics, threshold, training, conditions = [], rollout } = status ?? {};
  const { promotedTime, retiredTime } = status ?? {};
  return sealed({
    kind: 'Revision' as const,
    name,
    number,
    trigger,
    inputHash,
    servingHash,
    // JSON leaves out what is undefined, and so does the hash.
    refresh,
    reuseArtifactOf,
    artifact,
    metrics,
    threshold,
    training: training === undefined ? undefined : { ...training, ...shortMessage(training) },
    conditions: conditions.map(verdictOf),
    rollout: rollout === undefined ? undefined : rolloutReport(rollout),
    createdTime: createdTime.toISOString(),
    promotedTime,
    retiredTime,
    served: promotedTime !== undefined,
    prunedTime: now.toISOString(),
    previous,
  });
}

/** What people ask of a rollout later: how it was judged and ended, and who decided about it. */
export function rolloutReport(rollout: RolloutStatus): RolloutReport {
  const { attempt, stage, reason, provenBy, previousRevision, startTime, endTime, verdicts, checks } = rollout;
  return {
    ...{ attempt, stage, reason, ...shortMessage(rollout), provenBy, previousRevision, startTime, endTime, verdicts },
    checks: checks?.map(({ name, verdict, candidate, control, samples }) => {
      return { name, verdict, candidate, control, samples };
    }),
  };
}

function verdictOf({ type, status, reason, message, lastTransitionTime }: Condition) {
  return { type, status, reason, message: message.slice(0, MAX_MESSAGE), lastTransitionTime };
}

function shortMessage({ message }: { readonly message?: string | undefined }): { message?: string } {
  return message === undefined ? {} : { message: message.slice(0, MAX_MESSAGE) };
}
