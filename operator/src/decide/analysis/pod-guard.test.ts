import { describe, expect, it } from '@jest/globals';
import { failsWithoutAnyPod, guarded, heldBy, ofOnly, suspectPods } from './pod-guard.js';
import type { Guarded } from './pod-guard.js';

/** A test that counts failures, and fails from ten on. */
const fails = (failures: number) => failures >= 10;
type Read = Readonly<Record<string, number>>;

function after(...reads: readonly Read[]): Guarded<number> {
  return reads.reduce<Guarded<number>>(
    (test, read) =>
      guarded(test, Object.keys(read), (failures, leftOut) => {
        const others = Object.entries(read).filter(([pod]) => pod !== leftOut);
        return others.reduce((sum, [, more]) => sum + more, failures);
      }),
    { all: 0, without: [] },
  );
}

describe('a test guarded against single pods', () => {
  it.each<[string, readonly Read[], readonly string[]]>([
    ['fails when each pod fails', [{ a: 10, b: 10 }], []],
    ['does not fail when one pod does', [{ a: 20, b: 0, c: 0 }], ['a']],
    ['does not fail when either of two pods makes the difference', [{ a: 6, b: 6 }], ['a', 'b']],
    ['fails when two of three pods do', [{ a: 10, b: 10, c: 0 }], []],
    ['fails with a single pod, which can not be left out', [{ a: 10 }], []],
    ['does not fail when a good pod joins the bad one', [{ a: 20 }, { a: 20, b: 0 }], ['a']],
    ['fails when bad pods take turns', [{ a: 10 }, { b: 10 }], []],
    ['fails without a pod that joined later by what the others had done before', [{ a: 10, b: 10 }, { c: 10 }], []],
    ['remembers what a pod that left has done', [{ a: 20, b: 0 }, { b: 0 }, { b: 0, c: 0 }], ['a']],
  ])('%s', (_, reads, suspects) => {
    const test = after(...reads);
    expect(suspectPods(test, fails)).toEqual(suspects);
    expect(failsWithoutAnyPod(test, fails)).toBe(suspects.length === 0);
  });

  it('condemns the one pod that is left, and nobody for a pod that is gone', () => {
    expect(failsWithoutAnyPod(ofOnly(after({ gone: 1 }, { left: 20 }), 'left'), fails)).toBe(true);
    expect(suspectPods(ofOnly(after({ gone: 20 }, { left: 0 }), 'left'), fails)).toEqual(['gone']);
  });

  it('does not fail before the test on all pods does, whatever the others say', () => {
    const test = { all: 9, without: [{ pod: 'a', test: 10 }, { pod: 'b', test: 10 }] }; // prettier-ignore
    expect(failsWithoutAnyPod(test, fails)).toBe(false);
    expect(suspectPods(test, fails)).toEqual([]);
  });

  it('starts with a copy of what all have done when a pod joins', () => {
    expect(after({ a: 3, b: 4 }, { a: 1, c: 5 })).toEqual({
      all: 13,
      without: [
        { pod: 'a', test: 9 },
        { pod: 'b', test: 9 },
        { pod: 'c', test: 8 },
      ],
    });
  });

  it('tracks sixteen pods, and counts those that come later', () => {
    const pods = Object.fromEntries(Array.from({ length: 20 }, (_, pod) => [`pod-${pod}`, 1]));
    const test = after(pods, { late: 1 });
    expect(test.all).toBe(21);
    expect(test.without.map(({ pod }) => pod)).toEqual(Object.keys(pods).slice(0, 16));
  });

  it('names the pods that a verdict hangs on, and of many some', () => {
    expect(heldBy(['a', 'b'])).toBe('no verdict while the evidence hangs on pod a or pod b');
    expect(heldBy(['a', ''])).toContain('on pod a or the rows that reached no pod');
    expect(heldBy(['a', 'b', 'c', 'd', 'e'])).toContain('pod c or 2 others');
  });
});
