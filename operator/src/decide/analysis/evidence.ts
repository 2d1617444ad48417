import { z } from 'zod';
import type { AnalysisSettings } from './analysis-settings.js';
import { atNextStep, compared, Comparison, freshComparison } from './comparison.js';
import { increments, PodCounters } from './counters.js';
import type { Counters, Requests } from './counters.js';
import { freshLimitTest, limited, LimitTest } from './limit-test.js';
import { guarded, guardedOf } from './pod-guard.js';
import { freshScoreShift, ScoreShift, shifted } from './score-shift.js';
import type { Block } from './tally.js';

/** One read may multiply the evidence of a Fail by 30 at most: a burst inside one read is never enough. Section 6a. */
const CAP_LOG = Math.log(30);

/** The tests on the requests that were forwarded to the candidate. */
const RequestTests = z.strictObject({ failures: Comparison, latency: Comparison, failureLimit: LimitTest });
type RequestTests = z.infer<typeof RequestTests>;

/** Everything that is known about a candidate in its rollout: the counters read last, and the state of each test. */
export const Evidence = z.strictObject({
  counters: z.record(z.string().max(253), PodCounters),
  requests: guardedOf(RequestTests),
  scoreShift: ScoreShift,
  decisionFlips: LimitTest,
});
export type Evidence = z.infer<typeof Evidence>;

/**
 * At the start of a rollout. Counters carry the candidate's name and begin at 0 then; when the same candidate is tried once more, what
 * they count is new from `counters` on: those of the attempt before.
 */
export function freshEvidence(counters: Counters = {}): Evidence {
  const all = { failures: freshComparison(), latency: freshComparison(), failureLimit: freshLimitTest() };
  return {
    counters,
    requests: { all, without: [] },
    scoreShift: freshScoreShift(),
    decisionFlips: freshLimitTest(),
  };
}

/**
 * The evidence after one more read of the pods that count. A pod that is missing adds nothing, and loses nothing. With `problem`
 * the read was refused, and the evidence stays what it was.
 */
export function withRead(
  evidence: Evidence,
  read: Counters,
  settings: AnalysisSettings,
): { readonly evidence: Evidence } | { readonly problem: string } {
  const outcome = increments(evidence.counters, read);
  if ('problem' in outcome) return outcome;
  const { added, counters } = outcome;
  const { scoreShift, decisionFlips } = settings;
  const flips = { n: added.pairs.rows, x: added.pairs.flips };
  return {
    evidence: {
      counters,
      requests: requestTests(evidence, added, settings),
      scoreShift:
        scoreShift === undefined
          ? evidence.scoreShift
          : shifted(evidence.scoreShift, added.scores, scoreShift.maxTotalVariation),
      decisionFlips:
        decisionFlips === undefined
          ? evidence.decisionFlips
          : limited(evidence.decisionFlips, flips, { ...decisionFlips, capLog: Infinity }),
    },
  };
}

/** The evidence at the start of the next step. */
export function evidenceAtNextStep(evidence: Evidence): Evidence {
  const next = (tests: RequestTests): RequestTests => ({
    failures: atNextStep(tests.failures),
    latency: atNextStep(tests.latency),
    failureLimit: tests.failureLimit,
  });
  const { all, without } = evidence.requests;
  const requests = { all: next(all), without: without.map(({ pod, test }) => ({ pod, test: next(test) })) };
  return { ...evidence, requests };
}

function requestTests(evidence: Evidence, added: PodCounters, settings: AnalysisSettings): Evidence['requests'] {
  const pods = Object.entries(added.candidate);
  // In the order of their names, so that it doesn't matter who was read first.
  const answering = pods.flatMap(([pod, { requests }]) => (requests > 0 ? [pod] : [])).toSorted();
  return guarded(evidence.requests, answering, (tests, leftOut) => {
    const candidate = pods.filter(([pod]) => pod !== leftOut).map(([, requests]) => requests);
    return advanced(tests, { candidate, control: added.control }, settings);
  });
}

function advanced(
  tests: RequestTests,
  added: { readonly candidate: readonly Requests[]; readonly control: Requests },
  { failures, latency }: AnalysisSettings,
): RequestTests {
  const block = (bad: 'failed' | 'slow'): Block => ({
    candidate: {
      n: added.candidate.reduce((sum, { requests }) => sum + requests, 0),
      x: added.candidate.reduce((sum, counts) => sum + counts[bad], 0),
    },
    control: { n: added.control.requests, x: added.control[bad] },
  });
  return {
    failures: compared(tests.failures, block('failed'), { ...failures, capLog: CAP_LOG }),
    latency: compared(tests.latency, block('slow'), { ...latency, capLog: CAP_LOG }),
    failureLimit: limited(tests.failureLimit, block('failed').candidate, { ...failures, capLog: CAP_LOG }),
  };
}
