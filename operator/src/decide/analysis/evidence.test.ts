import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decidedAt, defaultSettings, PlayedCanary } from '../../fixtures/played-canary.js';
import type { NewRequests } from '../../fixtures/played-canary.js';
import { nothing } from './counters.js';
import type { Counters, PodCounters } from './counters.js';
import { decodedEvidence, encodedEvidence } from './evidence-codec.js';
import { evidenceAtNextStep, evidenceFromNowOn, freshEvidence, withRead } from './evidence.js';
import type { Evidence } from './evidence.js';

const step = { isLast: false, minSeconds: 60, maxSeconds: 600 };
const routers = ['router-0', 'router-1', 'router-2'];

/** What a pod counted between two reads. */
const added: fc.Arbitrary<PodCounters> = fc
  .record({
    candidate: fc.dictionary(fc.constantFrom('pod-0', 'pod-1', 'pod-2'), fc.tuple(fc.nat(60), fc.nat(60), fc.nat(60))),
    control: fc.tuple(fc.nat(60), fc.nat(60), fc.nat(60)),
    scores: fc.array(fc.nat(9), { minLength: 6, maxLength: 6 }),
    pairs: fc.tuple(fc.nat(20), fc.nat(20)),
  })
  .map(({ candidate, control, scores, pairs }) => ({
    candidate: Object.fromEntries(Object.entries(candidate).map(([pod, counts]) => [pod, requestsOf(counts)])),
    control: requestsOf(control),
    scores: { candidate: scores.slice(0, 3), control: scores.slice(3) },
    pairs: { rows: pairs[0], flips: Math.min(...pairs) },
  }));
/** What each of three pods counted, read after read. */
const history = fc.array(fc.tuple(added, added, added), { minLength: 1, maxLength: 12 });

function requestsOf([requests, failed, slow]: readonly [number, number, number]) {
  return { requests, failed: Math.min(failed, requests), slow: Math.min(slow, requests) };
}

function summed(a: PodCounters, b: PodCounters): PodCounters {
  const sum = (x: typeof nothing.control, y: typeof nothing.control) => ({
    requests: x.requests + y.requests,
    failed: x.failed + y.failed,
    slow: x.slow + y.slow,
  });
  const bins = (x: readonly number[], y: readonly number[]) => y.map((count, bin) => count + (x[bin] ?? 0));
  const pods = Object.keys({ ...a.candidate, ...b.candidate }).toSorted();
  return {
    candidate: Object.fromEntries(
      pods.map((pod) => [pod, sum(a.candidate[pod] ?? nothing.control, b.candidate[pod] ?? nothing.control)]),
    ),
    control: sum(a.control, b.control),
    scores: {
      candidate: bins(a.scores.candidate, b.scores.candidate),
      control: bins(a.scores.control, b.scores.control),
    },
    pairs: { rows: a.pairs.rows + b.pairs.rows, flips: a.pairs.flips + b.pairs.flips },
  };
}

/** What is read each time: the counters of all three pods. */
function readsOf(steps: readonly (readonly PodCounters[])[]): readonly Counters[] {
  let sums: readonly PodCounters[] = routers.map(() => nothing);
  return steps.map((adding) => {
    sums = sums.map((before, index) => summed(before, adding[index] ?? nothing));
    return Object.fromEntries(routers.map((router, index) => [router, sums[index] ?? nothing]));
  });
}

function evidenceAfter(reads: readonly Counters[], start = freshEvidence()): Evidence {
  return reads.reduce((evidence, read) => {
    const outcome = withRead(evidence, { live: read, replay: {} }, defaultSettings);
    if ('problem' in outcome) throw new Error(outcome.problem);
    return outcome.evidence;
  }, start);
}

/** All but who counted what. */
function tests({ live: { requests, scoreShift, decisionFlips } }: Evidence) {
  return { requests, scoreShift, decisionFlips };
}

function decided(evidence: Evidence) {
  const look = { evidence, step, stepAge: 700, quietAge: 0, quietSince: '', watchedAge: Infinity, problem: undefined };
  return decidedAt(look, defaultSettings);
}

describe('the evidence', () => {
  it('does not depend on who counted what, nor on the order in which it is read', () => {
    const check = fc.property(history, (steps) => {
      const [forwards, backwards] = [readsOf(steps), readsOf(steps.map((adding) => adding.toReversed()))];
      const turned = forwards.map((read) => Object.fromEntries(Object.entries(read).toReversed()));
      expect(tests(evidenceAfter(turned))).toEqual(tests(evidenceAfter(forwards)));
      expect(decided(evidenceAfter(backwards)).kind).toEqual(decided(evidenceAfter(forwards)).kind);
    });
    fc.assert(check, { numRuns: 40 });
  });

  it('has the same sums when reads are missed', () => {
    const sums = ({
      live: {
        counters,
        requests: { all },
        scoreShift,
        decisionFlips,
      },
    }: Evidence) => ({
      routers: counters.routers,
      failures: [all.failures, all.latency].map(({ step: { candidate, control }, pending }) => ({
        candidate: [candidate.n + pending.candidate.n, candidate.x + pending.candidate.x],
        control: [control.n + pending.control.n, control.x + pending.control.x],
      })),
      limit: all.failureLimit.seen,
      scores: [scoreShift.seen, scoreShift.pending].flatMap((each) => each.candidate).reduce((a, b) => a + b, 0),
      flips: decisionFlips.seen,
    });
    const check = fc.property(history, fc.array(fc.boolean()), (steps, missed) => {
      const reads = readsOf(steps);
      const made = reads.filter((_, index) => index === reads.length - 1 || missed[index] !== true);
      expect(sums(evidenceAfter(made))).toEqual(sums(evidenceAfter(reads)));
    });
    fc.assert(check, { numRuns: 40 });
  });

  it('can be stored and read again at any time: what comes after is the same', () => {
    const check = fc.property(history, fc.nat(), (steps, at) => {
      const reads = readsOf(steps);
      const pause = at % (reads.length + 1);
      const stored = decodedEvidence(encodedEvidence(evidenceAfter(reads.slice(0, pause))));
      const [resumed, undisturbed] = [evidenceAfter(reads.slice(pause), stored), evidenceAfter(reads)];
      expect(resumed).toEqual(undisturbed);
      expect(decided(resumed)).toEqual(decided(undisturbed));
    });
    fc.assert(check, { numRuns: 40 });
  });

  it('of another attempt does not count what the one before has seen, and tells its new pods apart', () => {
    const renamed = (each: PodCounters): PodCounters => {
      const pods = Object.entries(each.candidate).map(([pod, counts]) => [`new-${pod}`, counts] as const);
      return { ...each, candidate: Object.fromEntries(pods) };
    };
    const check = fc.property(history, history, (before, after) => {
      const later = after.map((adding) => adding.map(renamed));
      const reads = readsOf([...before, ...later]);
      const first = evidenceAfter(reads.slice(0, before.length));
      const again = evidenceAfter(reads.slice(before.length), freshEvidence(first));
      expect(tests(again)).toEqual(tests(evidenceAfter(readsOf(later))));
    });
    fc.assert(check, { numRuns: 50 });
  });

  it('from now on counts nothing that was counted until its first read', () => {
    const check = fc.property(history, history, (before, after) => {
      const reads = readsOf([...before, ...after]);
      const again = evidenceAfter(reads.slice(before.length - 1), evidenceFromNowOn());
      expect(again.live.requests.all).toEqual(evidenceAfter(readsOf(after)).live.requests.all);
    });
    fc.assert(check, { numRuns: 50 });
  });

  it('stays what it was when a read is refused', () => {
    const broken = { 'router-0': { ...nothing, control: { requests: NaN, failed: 0, slow: 0 } } };
    const outcome = withRead(freshEvidence(), { live: broken, replay: {} }, defaultSettings);
    expect(outcome).toEqual({ problem: 'a counter of pod router-0 is negative or not a number' });
  });

  it('for a Fail goes on at the next step, and for a Pass starts anew', () => {
    const check = fc.property(history, (steps) => {
      const before = evidenceAfter(readsOf(steps));
      const after = evidenceAtNextStep(before);
      const fails = ({
        live: {
          requests: { all, without },
        },
      }: Evidence) =>
        [all, ...without.map(({ test }) => test)].map(({ failures, latency, failureLimit }) => {
          return [failures.fail, failures.failures, latency.fail, latency.pending, failureLimit];
        });
      expect(fails(after)).toEqual(fails(before));
      expect(after.live.requests.all.failures.pass).toMatchObject({ logE: 0, logEMax: 0, blocks: 0 });
      expect(after.live.requests.all.latency.step.candidate.n).toBe(0);
    });
    fc.assert(check, { numRuns: 50 });
  });

  it('is left alone by guards that are switched off', () => {
    const settings = { ...defaultSettings, scoreShift: undefined, decisionFlips: undefined };
    const read = { a: { ...nothing, scores: { candidate: [5], control: [5] }, pairs: { rows: 9, flips: 9 } } };
    const outcome = withRead(freshEvidence(), { live: read, replay: {} }, settings);
    const { scoreShift, decisionFlips } = freshEvidence().live;
    expect(outcome).toMatchObject({ evidence: { live: { scoreShift, decisionFlips } } });
  });
});

describe('a candidate', () => {
  const count = fc.nat(500);

  it('that does exactly as the control group does is never rolled back', () => {
    // At most every tenth request fails: above that is the absolute limit.
    const look = fc.tuple(count, fc.nat(50), fc.integer({ min: 1, max: 4 })).map(([n, x, pods]): NewRequests => {
      const pod = [10 * Math.ceil(n / 10), Math.min(x, Math.ceil(n / 10))] as const;
      return { candidate: Array.from({ length: pods }, () => pod), control: [pods * pod[0], pods * pod[1]] };
    });
    const check = fc.property(fc.array(look, { minLength: 1, maxLength: 30 }), (looks) => {
      const canary = new PlayedCanary();
      for (const each of looks) {
        expect(canary.look(each, step).kind).not.toBe('RollBack');
        expect(canary.evidence.live.requests.all.failures.fail.logEMax).toBeLessThan(1e-9);
      }
    });
    fc.assert(check, { numRuns: 50 });
  });

  it.each([
    ['from the start', 0, 2],
    // By then most of the wealth is cash, and one look multiplies the rest by 30 at most.
    ['after some good looks', 40, 4],
  ])('that fails every request %s is rolled back in time, with seven requests a look and pod', (_, before, atMost) => {
    const broken = fc.record({
      pods: fc.integer({ min: 1, max: 4 }),
      size: fc.oneof(fc.integer({ min: 7, max: 20 }), fc.integer({ min: 7, max: 1000 })),
      goodLooks: fc.nat(before),
      others: fc.integer({ min: 1, max: 20 }),
    });
    const check = fc.property(broken, ({ pods, size, goodLooks, others }) => {
      const canary = new PlayedCanary();
      const look = (failed: number) => {
        const candidate = Array.from({ length: pods }, () => [size, failed] as const);
        return canary.look({ candidate, control: [others * pods * size, 0] }, step);
      };
      for (let round = 0; round < goodLooks; round += 1) look(0);
      const decisions = Array.from({ length: atMost }, () => look(size));
      expect(decisions.at(-1)).toMatchObject({ kind: 'RollBack', reason: 'CheckFailed' });
    });
    fc.assert(check, { numRuns: 40 });
  });

  it('stays failed, whatever comes after', () => {
    const check = fc.property(fc.array(fc.tuple(count, count), { maxLength: 10 }), (later) => {
      const canary = new PlayedCanary();
      const bad: NewRequests = { candidate: [[100, 100]], control: [100, 0] };
      canary.look(bad, step);
      canary.look(bad, step);
      for (const [n, x] of later) {
        canary.look({ candidate: [[n, 0]], control: [n, Math.min(n, x)] }, step);
        expect(decided(canary.evidence).kind).toBe('RollBack');
      }
    });
    fc.assert(check, { numRuns: 30 });
  });
});
