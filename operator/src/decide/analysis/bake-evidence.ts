import { z } from 'zod';
import type { AnalysisSettings } from './analysis-settings.js';
import { remembered } from './control-rate.js';
import { nothing } from './counters.js';
import type { Counters, PodCounters, Requests } from './counters.js';
import { bakeAlphaOf } from './error-budget.js';
import { counted, fromNowOn, LastCounters, noCounters } from './last-counters.js';
import { freshLimitTest, limited, LimitTest } from './limit-test.js';
import { guarded, guardedOf } from './pod-guard.js';
import { shareBounds } from './share-bounds.js';
import { answeringPods, CAP_LOG, tallyOf } from './source-evidence.js';
import { noTally, Tally } from './tally.js';

/** A limit nearer to 1 than that would say nothing. */
const MAX_LIMIT = 0.95;

/**
 * Requests of users since the process started, by the pod that answered them: those that failed, and those that were slow or
 * failed.
 */
export type ServedCounters = Readonly<Record<string, Requests>>;

/** What the pods of the revision before were like before the new one took over: their requests, and the slow ones of them. */
export const ServedBefore = z.strictObject({ counters: LastCounters, slow: Tally });
export type ServedBefore = z.infer<typeof ServedBefore>;

const BakeTests = z.strictObject({ failures: LimitTest, latency: LimitTest });

/**
 * The tests after a revision took over, when nothing runs beside it to compare it with: its failures and slow requests against
 * fixed limits. Without `maxSlowShare` there is no limit for slow ones.
 */
export const BakeEvidence = z.strictObject({
  counters: LastCounters,
  requests: guardedOf(BakeTests),
  maxSlowShare: z.number().gt(0).lt(1).optional(),
});
export type BakeEvidence = z.infer<typeof BakeEvidence>;

/** Nothing read yet. */
export const noneServed: ServedBefore = { counters: noCounters, slow: noTally };

/** After one more read of the pods of the revision before. Their history counts too, older requests less and less. */
export function servedBefore(
  before: ServedBefore,
  read: ServedCounters,
): { readonly evidence: ServedBefore } | { readonly problem: string } {
  const outcome = counted(before.counters, asCounters(read));
  if ('problem' in outcome) return outcome;
  const slow = tallyOf(Object.values(outcome.added.candidate), 'slow');
  return { evidence: { counters: outcome.counters, slow: remembered(before.slow, slow) } };
}

/**
 * At the promotion. Slow requests may become more frequent by as much as requests may fail at all. The limit is frozen here, from
 * what was counted before, so that the test keeps its level; where that is too little for a limit, there is none.
 */
export function freshBake({ slow }: ServedBefore, settings: AnalysisSettings): BakeEvidence {
  const [, most] = shareBounds(slow, bakeAlphaOf('bound', settings.errorProbability));
  const limit = most + settings.failures.maxShare;
  const all = { failures: freshLimitTest(), latency: freshLimitTest() };
  const fresh: BakeEvidence = { counters: fromNowOn, requests: { all, without: [] } };
  return limit > MAX_LIMIT ? fresh : { ...fresh, maxSlowShare: limit };
}

/** After one more read of the pods of the revision that took over. What a pod says at first is only noted. */
export function baked(
  bake: BakeEvidence,
  read: ServedCounters,
  settings: AnalysisSettings,
): { readonly evidence: BakeEvidence } | { readonly problem: string } {
  const outcome = counted(bake.counters, asCounters(read));
  if ('problem' in outcome) return outcome;
  const { added, counters } = outcome;
  return { evidence: { ...bake, counters, requests: bakeTests(bake, added.candidate, settings) } };
}

function bakeTests(
  { requests, maxSlowShare }: BakeEvidence,
  added: PodCounters['candidate'],
  { failures }: AnalysisSettings,
): BakeEvidence['requests'] {
  const pods = Object.entries(added);
  return guarded(requests, answeringPods(added), (tests, leftOut) => {
    const parts = pods.filter(([pod]) => pod !== leftOut).map(([, counts]) => counts);
    const limit = { maxShare: failures.maxShare, capLog: CAP_LOG };
    const slow = maxSlowShare === undefined ? undefined : { maxShare: maxSlowShare, capLog: CAP_LOG };
    return {
      failures: limited(tests.failures, tallyOf(parts, 'failed'), limit),
      latency: slow === undefined ? tests.latency : limited(tests.latency, tallyOf(parts, 'slow'), slow),
    };
  });
}

/** Each pod counts what it answered itself. */
function asCounters(read: ServedCounters): Counters {
  return Object.fromEntries(
    Object.entries(read).map(([pod, requests]) => [pod, { ...nothing, candidate: { [pod]: requests } }]),
  );
}
