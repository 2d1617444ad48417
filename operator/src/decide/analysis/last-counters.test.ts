import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nothing } from './counters.js';
import type { Counters, PodCounters } from './counters.js';
import { atRetry, counted, fromNowOn, LastCounters, MERGED, noCounters, thinned } from './last-counters.js';

const requests = (count: number, failed = 0) => ({ requests: count, failed, slow: failed });
const control = (count: number): PodCounters => ({ ...nothing, control: requests(count) });
const named = (pods: Readonly<Record<string, number>>): PodCounters => ({
  ...nothing,
  candidate: Object.fromEntries(Object.entries(pods).map(([pod, count]) => [pod, requests(count)])),
});
const many = (count: number, each: PodCounters): Counters =>
  Object.fromEntries(Array.from({ length: count }, (_, pod) => [`router-${String(pod).padStart(3, '0')}`, each]));

/** What the last of some reads adds, and what is kept then. */
function after(reads: readonly Counters[], start: LastCounters = noCounters) {
  let last: { readonly added: PodCounters; readonly counters: LastCounters } = { added: nothing, counters: start };
  for (const read of reads) {
    const outcome = counted(last.counters, read);
    if ('problem' in outcome) throw new Error(outcome.problem);
    last = outcome;
  }
  return last;
}

describe('counters that are kept', () => {
  it('are those of sixty-four routers, the same ones at each read', () => {
    const { added, counters } = after([many(100, control(10)), many(100, control(15))]);
    expect(Object.keys(counters.routers)).toEqual(Object.keys(many(64, nothing)));
    expect(added.control).toEqual(requests(64 * 5));
  });

  it('outlast routers that are gone, but not for ever', () => {
    const gone = Array.from({ length: 70 }, (_, pod) => ({ [`gone-${pod}`]: control(7) }));
    const { counters } = after([...gone, { new: control(1) }]);
    expect(Object.keys(counters.routers)).toHaveLength(64);
    expect(Object.keys(counters.routers)).toEqual(expect.arrayContaining(['gone-69', 'new']));
    expect(counters.isPartial).toBe(true);
  });

  it('of a router that may have been counted before are only noted at first', () => {
    const gone = Array.from({ length: 70 }, (_, pod) => ({ [`gone-${pod}`]: control(7) }));
    const back = [{ 'gone-0': control(9) }, { 'gone-0': control(12) }];
    expect(after([...gone, ...back.slice(0, 1)]).added.control).toEqual(requests(0));
    expect(after([...gone, ...back]).added.control).toEqual(requests(3));
    expect(after([{ a: control(9) }, { a: control(12) }], fromNowOn).added.control).toEqual(requests(3));
  });

  it('tell sixteen pods of the candidate apart, and have the others together', () => {
    const pods = (count: number) =>
      Object.fromEntries(Array.from({ length: 20 }, (_, pod) => [`pod-${10 + pod}`, count]));
    const { added, counters } = after([{ a: named(pods(5)) }, { a: named({ ...pods(8), late: 4 }) }]);
    expect(Object.keys(added.candidate)).toEqual([...Object.keys(pods(0)).slice(0, 16), MERGED]);
    expect(added.candidate['pod-10']).toEqual(requests(3));
    expect(added.candidate[MERGED]).toEqual(requests(4 * 3 + 4));
    expect(counters.merged).toEqual(['pod-26', 'pod-27', 'pod-28', 'pod-29', 'late']);
  });

  it('of another attempt tell its own pods apart', () => {
    const first = after([{ a: named({ x: 5, y: 6 }) }]).counters;
    const second = after([{ a: named({ x: 5, y: 6, z: 2 }) }], atRetry(first));
    expect(second.added.candidate).toEqual({ z: requests(2), [MERGED]: requests(0) });
    expect(second.counters).toMatchObject({ apart: ['z'], merged: ['x', 'y'] });
  });

  it('are no more than can be stored, and each row counts once at most, whoever comes and goes', () => {
    const look = fc.record({
      present: fc.uniqueArray(fc.nat(150), { maxLength: 120 }),
      restarted: fc.boolean(),
      retried: fc.constantFrom(false, false, false, true),
      thinned: fc.constantFrom(false, false, false, true),
    });
    const check = fc.property(fc.array(look, { maxLength: 15 }), (looks) => {
      const totals = new Map<number, number>();
      let [last, sum] = [noCounters, 0];
      for (const [index, { present, retried, thinned: isThinned }] of looks.entries()) {
        for (const router of present) totals.set(router, (totals.get(router) ?? 0) + router + 1);
        const rows = [...totals.values()].reduce((a, b) => a + b, 0);
        const read = present.map((router) => {
          // All the rows of a router went to one pod of the candidate or another, for ever.
          const pods = { [`pod-${router}`]: totals.get(router) ?? 0, [`pod-of-${index > 7 ? 'late' : 'early'}`]: 0 };
          return [`router-${router}`, named(pods)] as const;
        });
        const { added, counters } = after([Object.fromEntries(read)], last);
        sum += Object.values(added.candidate).reduce((total, each) => total + each.requests, 0);
        last = LastCounters.parse(counters);
        if (retried) last = atRetry(last);
        if (isThinned) last = thinned(last);
        expect(Object.keys(last.routers).length).toBeLessThanOrEqual(64);
        expect(sum).toBeLessThanOrEqual(rows);
      }
    });
    fc.assert(check, { numRuns: 60 });
  });
});
