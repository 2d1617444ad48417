import { describe, expect, it } from '@jest/globals';
import { increments, nothing } from './counters.js';
import type { Counters, PodCounters, Requests } from './counters.js';

const requests = (count: number, failed = 0, slow = failed): Requests => ({ requests: count, failed, slow });
const counted = (differences: Partial<PodCounters>): PodCounters => ({ ...nothing, ...differences });
const control = (...counts: Parameters<typeof requests>) => counted({ control: requests(...counts) });

/** What each of some reads adds. */
function additions(...reads: readonly Counters[]): readonly PodCounters[] {
  let last: Counters = {};
  return reads.map((read) => {
    const outcome = increments(last, read);
    if ('problem' in outcome) throw new Error(outcome.problem);
    last = outcome.counters;
    return outcome.added;
  });
}

describe('increments', () => {
  it.each<[string, readonly Counters[], Requests]>([
    ['are everything at the first read', [{ a: control(10, 2, 3) }], requests(10, 2, 3)],
    ['are what is new at a later one', [{ a: control(10, 2, 3) }, { a: control(25, 2, 4) }], requests(15, 0, 1)],
    ['are summed over pods', [{ a: control(10, 1), b: control(5, 1) }], requests(15, 2)],
    ['of a process that started anew are its values', [{ a: control(10, 2) }, { a: control(4, 1) }], requests(4, 1)],
    [
      'show a new start by fewer failures alone',
      [{ a: control(10, 2, 3) }, { a: control(12, 1, 3) }],
      requests(12, 1, 3),
    ],
    [
      'show a new start by fewer slow ones alone',
      [{ a: control(10, 2, 3) }, { a: control(12, 2, 2) }],
      requests(12, 2, 2),
    ],
    [
      'of one pod that started anew leave the other pods alone',
      [
        { a: control(10), b: control(100) },
        { a: control(3), b: control(101) },
      ],
      requests(4),
    ],
    ['never have more failures than requests', [{ a: control(10) }, { a: control(12, 5, 5) }], requests(2, 2)],
    [
      'of a pod that vanished are none',
      [{ a: control(10, 1), b: control(100, 3) }, { a: control(12, 1) }],
      requests(2),
    ],
    [
      'of a pod that could not be read for a while are counted once',
      [{ a: control(10), b: control(100) }, { a: control(11) }, { a: control(11), b: control(130) }],
      requests(30),
    ],
  ])('%s', (_, reads, expected) => {
    expect(additions(...reads).at(-1)?.control).toEqual(expected);
  });

  it('are kept apart for each pod of the candidate, whoever counts them', () => {
    const read = {
      a: counted({ candidate: { x: requests(3, 1), y: requests(2) } }),
      b: counted({ candidate: { x: requests(4) } }),
    };
    expect(additions(read)[0]?.candidate).toEqual({ x: requests(7, 1), y: requests(2) });
  });

  it('count on when a pod names a pod of the candidate again', () => {
    const named = (count: number) => ({ a: counted({ candidate: { x: requests(count) } }) });
    expect(additions(named(5), { a: nothing }, named(8)).at(-1)?.candidate).toEqual({ x: requests(3) });
  });

  it('of scores and decisions are told in the same way', () => {
    const read = (bins: number[], rows: number, flips: number) => ({
      a: counted({ scores: { candidate: bins, control: bins }, pairs: { rows, flips } }),
    });
    const [, second, third, fourth, fifth] = additions(
      read([1, 2], 10, 1),
      read([3, 2], 14, 1),
      read([0, 1], 5, 0),
      {
        a: nothing,
      },
      read([0, 3], 6, 4),
    );
    expect(second).toMatchObject({ scores: { candidate: [2, 0], control: [2, 0] }, pairs: { rows: 4, flips: 0 } });
    expect(third).toMatchObject({ scores: { candidate: [0, 1], control: [0, 1] }, pairs: { rows: 5, flips: 0 } });
    expect(fourth).toMatchObject({ pairs: { rows: 0, flips: 0 } });
    // No more flips than rows, and no score twice though the bins were not there for a while.
    expect(fifth).toMatchObject({ scores: { candidate: [0, 2], control: [0, 2] }, pairs: { rows: 6, flips: 4 } });
    expect(additions(read([], 3, 0), read([], 4, 3)).at(-1)?.pairs).toEqual({ rows: 1, flips: 1 });
  });

  it.each<[string, PodCounters]>([
    ['not a number', control(NaN)],
    ['infinite', control(Infinity)],
    ['negative', control(-1)],
    ['a negative number of failures', control(3, -1)],
    ['a negative score count', counted({ scores: { candidate: [-1], control: [0] } })],
    ['infinite for one pod of the candidate', counted({ candidate: { x: requests(Infinity) } })],
    ['without its right number of bins', counted({ scores: { candidate: [1, 2], control: [1] } })],
  ])('refuse a read in which a counter is %s', (_, bad) => {
    expect(increments({}, { good: control(5), bad })).toEqual({ problem: expect.stringContaining('pod bad') });
  });

  it('refuse a read with other score bins than before', () => {
    const read = (bins: number[]) => ({ a: counted({ scores: { candidate: bins, control: bins } }) });
    expect(() => additions(read([1, 2]), read([1, 2, 3]))).toThrow('score bins');
  });
});
