import { describe, expect, it } from '@jest/globals';
import { nextDue } from './replay-pace.js';

/** The times at which rows are sent while each timer fires so late, in milliseconds; the first row is due at 50. */
function sent(late: readonly number[]): number[] {
  let due = 50;
  return late.map((lateness) => {
    const now = due + lateness;
    due = nextDue(due, now, 50);
    return now;
  });
}

describe('the pace of a replay', () => {
  it.each([
    ['is kept by timers in time', [0, 0, 0], [50, 100, 150]],
    ['is kept by timers that are late', [3, 4, 2, 0], [53, 104, 152, 200]],
    ['leaves out what a stall let pass', [0, 4_000, 0, 0], [50, 4_100, 4_150, 4_200]],
    ['leaves out a row that is late by a whole interval', [0, 50, 0], [50, 150, 200]],
  ])('%s', (_, late, expected) => {
    expect(sent(late)).toEqual(expected);
  });
});
