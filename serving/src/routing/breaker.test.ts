import { describe, expect, it } from '@jest/globals';
import { Breaker } from './breaker.js';

/** Records ends of messages at the same moment: `.` a success, `x` a failure. Returns the last change. */
function play(breaker: Breaker, ends: string, now = 0) {
  return Array.from(ends, (end) => breaker.record('Message', end === '.', now)).at(-1);
}

function opened(times: number, maxOpenings = 3): Breaker {
  const breaker = new Breaker(maxOpenings);
  for (let opening = 1; opening <= times; opening += 1) {
    play(breaker, 'x'.repeat(10));
    if (opening < times) breaker.record('Probe', true, 0);
  }
  return breaker;
}

describe('a breaker', () => {
  it.each([
    ['nothing happened', ''],
    ['9 of 20 failed', 'x.'.repeat(9) + '..'],
    ['failures are more than 20 messages ago', 'x'.repeat(9) + '.'.repeat(20) + 'x'.repeat(9)],
  ])('lets messages through when %s', (_, ends) => {
    const breaker = new Breaker(3);
    play(breaker, ends);
    expect(breaker.admit(0)).toBe('Message');
  });

  it.each([
    ['10 of 20 messages failed', '.x'.repeat(10)],
    ['the first 10 failed', 'x'.repeat(10)],
  ])('opens when %s', (_, ends) => {
    const breaker = new Breaker(3);
    expect(play(breaker, ends)).toBe('Opened');
    expect(breaker.admit(0)).toBeUndefined();
  });

  it('lets one message a second through while it is open', () => {
    const breaker = opened(1);
    const admitted = [999, 1000, 1001, 1999, 2000].map((now) => breaker.admit(now));
    expect(admitted).toEqual([undefined, 'Probe', undefined, undefined, 'Probe']);
  });

  it('closes with a probe that succeeds, and has forgotten the failures', () => {
    const breaker = opened(1);
    breaker.admit(1000);
    expect(breaker.record('Probe', true, 1100)).toBe('Closed');
    play(breaker, 'x'.repeat(9));
    expect(breaker.admit(1100)).toBe('Message');
  });

  it.each([
    ['a probe that fails', 'Probe', false],
    ['the success of a message from before', 'Message', true],
  ] as const)('stays open after %s', (_, admission, succeeded) => {
    const breaker = opened(1);
    expect(breaker.record(admission, succeeded, 500)).toBeUndefined();
    expect(breaker.admit(999)).toBeUndefined();
  });

  it('is probed no more after the third opening', () => {
    expect(opened(2).admit(1000)).toBe('Probe');
    expect(opened(3).admit(1_000_000)).toBeUndefined();
  });

  it('is probed as long as it is open, where it never stays so for good', () => {
    expect(opened(30, Infinity).admit(1000)).toBe('Probe');
  });
});
