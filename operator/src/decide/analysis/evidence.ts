import { z } from 'zod';
import type { AnalysisSettings } from './analysis-settings.js';
import { BakeEvidence, baked, freshBake, noneServed, ServedBefore, servedBefore } from './bake-evidence.js';
import type { ServedCounters } from './bake-evidence.js';
import type { Counters } from './counters.js';
import { atRetry, fromNowOn } from './last-counters.js';
import { ofOnly } from './pod-guard.js';
import { freshSource, sourceAfter, sourceAtNextStep, SourceEvidence } from './source-evidence.js';

/**
 * Everything that is known about a candidate in its rollout: from rows of users, from replayed rows, what the revision before was
 * like for users, and once the candidate has taken over what it is like for them.
 */
export const Evidence = z.strictObject({
  live: SourceEvidence,
  replay: SourceEvidence,
  before: ServedBefore,
  bake: BakeEvidence.optional(),
});
export type Evidence = z.infer<typeof Evidence>;

/** Forwarded rows as the pods of the revision that serves counted them, by pod and source. */
export interface Read {
  readonly live: Counters;
  readonly replay: Counters;
}

/**
 * At the start of a rollout. When the same candidate is tried once more, its counters don't begin at 0: what they count is new
 * from those on that the attempt `before` had read last.
 */
export function freshEvidence(before?: Evidence): Evidence {
  if (before === undefined) return { live: freshSource(), replay: freshSource(), before: noneServed };
  const again = ({ counters }: SourceEvidence) => freshSource(atRetry(counters));
  return { live: again(before.live), replay: again(before.replay), before: noneServed };
}

/** At the start of a rollout when nobody knows what was counted before: each pod counts from its first read on. */
export function evidenceFromNowOn(): Evidence {
  return { live: freshSource(fromNowOn), replay: freshSource(fromNowOn), before: noneServed };
}

/**
 * The evidence after one more read of the pods that forward, and how many rows of the candidate it brought. A pod that is missing
 * adds nothing, and loses nothing. With `problem` the read was refused, and the evidence stays what it was.
 */
export function withRead(
  evidence: Evidence,
  read: Read,
  settings: AnalysisSettings,
): { readonly evidence: Evidence; readonly newRows: number } | { readonly problem: string } {
  const live = sourceAfter(evidence.live, read.live, settings);
  if ('problem' in live) return live;
  const replay = sourceAfter(evidence.replay, read.replay, settings);
  if ('problem' in replay) return replay;
  return {
    evidence: { ...evidence, live: live.evidence, replay: replay.evidence },
    newRows: live.newRows + replay.newRows,
  };
}

/**
 * The evidence after one more read of what users asked the revision that serves: until the candidate takes over the one before,
 * in the bake the candidate. `problem` as for `withRead`.
 */
export function withServed(
  evidence: Evidence,
  read: ServedCounters,
  settings: AnalysisSettings,
): { readonly evidence: Evidence } | { readonly problem: string } {
  if (evidence.bake !== undefined) {
    const outcome = baked(evidence.bake, read, settings);
    return 'problem' in outcome ? outcome : { evidence: { ...evidence, bake: outcome.evidence } };
  }
  const outcome = servedBefore(evidence.before, read);
  return 'problem' in outcome ? outcome : { evidence: { ...evidence, before: outcome.evidence } };
}

/** The evidence on a candidate that has this one pod left. */
export function evidenceOfOnly(evidence: Evidence, pod: string): Evidence {
  const { live, replay, bake } = evidence;
  return {
    ...evidence,
    live: { ...live, requests: ofOnly(live.requests, pod) },
    replay: { ...replay, requests: ofOnly(replay.requests, pod) },
    ...(bake === undefined ? {} : { bake: { ...bake, requests: ofOnly(bake.requests, pod) } }),
  };
}

/** The evidence at the start of the next step. */
export function evidenceAtNextStep(evidence: Evidence): Evidence {
  return { ...evidence, live: sourceAtNextStep(evidence.live), replay: sourceAtNextStep(evidence.replay) };
}

/** The evidence when the candidate takes over. */
export function evidenceAtBake(evidence: Evidence, settings: AnalysisSettings): Evidence {
  return { ...evidence, bake: freshBake(evidence.before, settings) };
}
