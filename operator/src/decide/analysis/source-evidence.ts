import { z } from 'zod';
import type { AnalysisSettings } from './analysis-settings.js';
import { atNextStep, compared, Comparison, freshComparison } from './comparison.js';
import type { Counters, PodCounters, Requests } from './counters.js';
import { counted, LastCounters, MERGED, noCounters } from './last-counters.js';
import { freshLimitTest, limited, LimitTest } from './limit-test.js';
import { guarded, guardedOf } from './pod-guard.js';
import { freshScoreShift, ScoreShift, shifted } from './score-shift.js';
import type { Block } from './tally.js';

/** One read may multiply the evidence of a Fail by 30 at most: a burst inside one read is never enough. Section 6a. */
export const CAP_LOG = Math.log(30);

/** The tests on the requests that were forwarded to the candidate. */
const RequestTests = z.strictObject({ failures: Comparison, latency: Comparison, failureLimit: LimitTest });
type RequestTests = z.infer<typeof RequestTests>;

/** What is known about a candidate from the rows of one source: the counters read last, and the state of each test. */
export const SourceEvidence = z.strictObject({
  counters: LastCounters,
  requests: guardedOf(RequestTests),
  scoreShift: ScoreShift,
  decisionFlips: LimitTest,
});
export type SourceEvidence = z.infer<typeof SourceEvidence>;

/** At the start of a rollout. What `counters` have is no news. */
export function freshSource(counters: LastCounters = noCounters): SourceEvidence {
  const all = { failures: freshComparison(), latency: freshComparison(), failureLimit: freshLimitTest() };
  return {
    counters,
    requests: { all, without: [] },
    scoreShift: freshScoreShift(),
    decisionFlips: freshLimitTest(),
  };
}

/** After one more read, and how many rows of the candidate it brought. With `problem` the read was refused. */
export function sourceAfter(
  evidence: SourceEvidence,
  read: Counters,
  settings: AnalysisSettings,
): { readonly evidence: SourceEvidence; readonly newRows: number } | { readonly problem: string } {
  const outcome = counted(evidence.counters, read);
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
    newRows: Object.values(added.candidate).reduce((sum, { requests }) => sum + requests, 0),
  };
}

/** At the start of the next step. */
export function sourceAtNextStep(evidence: SourceEvidence): SourceEvidence {
  const next = (tests: RequestTests): RequestTests => ({
    failures: atNextStep(tests.failures),
    latency: atNextStep(tests.latency),
    failureLimit: tests.failureLimit,
  });
  const { all, without } = evidence.requests;
  const requests = { all: next(all), without: without.map(({ pod, test }) => ({ pod, test: next(test) })) };
  return { ...evidence, requests };
}

/** The pods that may be left out, of those that answered, in the order of their names: it doesn't matter who was read first. */
export function answeringPods(candidate: PodCounters['candidate']): readonly string[] {
  const pods = Object.entries(candidate).flatMap(([pod, { requests }]) => (requests > 0 ? [pod] : []));
  return pods.filter((pod) => pod !== MERGED).toSorted();
}

function requestTests(
  evidence: SourceEvidence,
  added: PodCounters,
  settings: AnalysisSettings,
): SourceEvidence['requests'] {
  const pods = Object.entries(added.candidate);
  return guarded(evidence.requests, answeringPods(added.candidate), (tests, leftOut) => {
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
    candidate: tallyOf(added.candidate, bad),
    control: { n: added.control.requests, x: added.control[bad] },
  });
  return {
    failures: compared(tests.failures, block('failed'), { ...failures, capLog: CAP_LOG }),
    latency: compared(tests.latency, block('slow'), { ...latency, capLog: CAP_LOG }),
    failureLimit: limited(tests.failureLimit, block('failed').candidate, { ...failures, capLog: CAP_LOG }),
  };
}

/** All of these requests, and how many of them were bad in one way. */
export function tallyOf(parts: readonly Requests[], bad: 'failed' | 'slow') {
  return {
    n: parts.reduce((sum, { requests }) => sum + requests, 0),
    x: parts.reduce((sum, counts) => sum + counts[bad], 0),
  };
}
