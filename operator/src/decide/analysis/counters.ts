import { z } from 'zod';
import { noScores, plusScores, Scores } from './score-shift.js';

const Count = z.number().min(0);

/** Requests, those that failed, and those that were slower than the threshold or failed. */
export const Requests = z.strictObject({ requests: Count, failed: Count, slow: Count });
export type Requests = z.infer<typeof Requests>;

/** Rows that both revisions scored, and those of them where their decisions differ. */
const Pairs = z.strictObject({ rows: Count, flips: Count });
export type Pairs = z.infer<typeof Pairs>;

/**
 * What one pod has counted since its process started: forwarded requests by the candidate pod that they went to, those that went to
 * the control group, and scores and decisions. What a pod doesn't count is 0 or empty.
 */
export const PodCounters = z.strictObject({
  candidate: z.record(z.string().max(253), Requests),
  control: Requests,
  scores: Scores,
  pairs: Pairs,
});
export type PodCounters = z.infer<typeof PodCounters>;

/** The counters of the pods that counted, by pod. */
export type Counters = Readonly<Record<string, PodCounters>>;

const noRequests: Requests = { requests: 0, failed: 0, slow: 0 };

/** Nothing counted. */
export const nothing: PodCounters = {
  candidate: {},
  control: noRequests,
  scores: noScores,
  pairs: { rows: 0, flips: 0 },
};

/**
 * What was counted since the last read, over all pods that counted, and the counters to compare the next read with. A counter that
 * went down belongs to a process that started anew: its new values are the increments. A pod that wasn't read adds nothing now,
 * and its counters are kept. `problem` says why a read is refused as a whole; nothing of it may be used then. Section 1.
 */
export function increments(
  last: Counters,
  now: Counters,
): { readonly added: PodCounters; readonly counters: Counters } | { readonly problem: string } {
  const problem = Object.entries(now)
    .map(([pod, counters]) => problemOf(pod, counters, last[pod]))
    .find((found) => found !== undefined);
  if (problem !== undefined) return { problem };
  const added = Object.entries(now).map(([pod, counters]) => podIncrements(last[pod] ?? nothing, counters));
  // The pods read last are at the end, so that whoever forgets some can begin with those absent for longest.
  const absent = Object.entries(last).filter(([pod]) => now[pod] === undefined);
  const counters = { ...Object.fromEntries(absent), ...kept(last, now) };
  return { added: added.reduce(together, nothing), counters };
}

function podIncrements(last: PodCounters, now: PodCounters): PodCounters {
  const candidate = Object.entries(now.candidate).map(([pod, requests]) => {
    return [pod, requestIncrements(last.candidate[pod] ?? noRequests, requests)] as const;
  });
  return {
    candidate: Object.fromEntries(candidate),
    control: requestIncrements(last.control, now.control),
    scores: {
      candidate: binIncrements(last.scores.candidate, now.scores.candidate),
      control: binIncrements(last.scores.control, now.scores.control),
    },
    pairs: pairIncrements(last.pairs, now.pairs),
  };
}

function requestIncrements(last: Requests, now: Requests): Requests {
  const before = now.requests < last.requests || now.failed < last.failed || now.slow < last.slow ? noRequests : last;
  const requests = now.requests - before.requests;
  // The parts of one request are counted one after the other, so that a read in between can see more failures than requests.
  const atMost = (count: number) => Math.min(count, requests);
  return { requests, failed: atMost(now.failed - before.failed), slow: atMost(now.slow - before.slow) };
}

function pairIncrements(last: Pairs, now: Pairs): Pairs {
  const before = now.rows < last.rows || now.flips < last.flips ? nothing.pairs : last;
  const rows = now.rows - before.rows;
  return { rows, flips: Math.min(now.flips - before.flips, rows) };
}

function binIncrements(last: readonly number[], now: readonly number[]): number[] {
  const isReset = now.some((count, bin) => count < (last[bin] ?? 0));
  return now.map((count, bin) => (isReset ? count : count - (last[bin] ?? 0)));
}

function together(a: PodCounters, b: PodCounters): PodCounters {
  const pods = new Set([...Object.keys(a.candidate), ...Object.keys(b.candidate)]);
  const sum = (pod: string) => plusRequests(a.candidate[pod] ?? noRequests, b.candidate[pod] ?? noRequests);
  return {
    candidate: Object.fromEntries([...pods].map((pod) => [pod, sum(pod)])),
    control: plusRequests(a.control, b.control),
    scores: plusScores(a.scores, b.scores),
    pairs: { rows: a.pairs.rows + b.pairs.rows, flips: a.pairs.flips + b.pairs.flips },
  };
}

/** Both together. */
export function plusRequests(a: Requests, b: Requests): Requests {
  return { requests: a.requests + b.requests, failed: a.failed + b.failed, slow: a.slow + b.slow };
}

/** The counters read, with what a pod named before and doesn't name now: it counts on from there if it names it again. */
function kept(last: Counters, now: Counters): Counters {
  const pods = Object.entries(now).map(([pod, counters]) => {
    const { candidate, scores } = last[pod] ?? nothing;
    return [
      pod,
      {
        ...counters,
        candidate: { ...candidate, ...counters.candidate },
        scores: {
          candidate: counters.scores.candidate.length > 0 ? counters.scores.candidate : scores.candidate,
          control: counters.scores.control.length > 0 ? counters.scores.control : scores.control,
        },
      },
    ] as const;
  });
  return Object.fromEntries(pods);
}

function problemOf(pod: string, now: PodCounters, last: PodCounters | undefined): string | undefined {
  const { candidate, control, scores, pairs } = now;
  const counts = [...Object.values(candidate), control, pairs].flatMap((group) => Object.values(group));
  const isCount = (count: number) => Number.isFinite(count) && count >= 0;
  if (![...counts, ...scores.candidate, ...scores.control].every(isCount)) {
    return `a counter of pod ${pod} is negative or not a number`;
  }
  const lengths = [scores, last?.scores ?? noScores].flatMap((each) => [each.candidate.length, each.control.length]);
  if (new Set(lengths.filter((length) => length > 0)).size > 1)
    return `pod ${pod} has changed the number of its score bins`;
  return undefined;
}
