import { describe, expect, it } from '@jest/globals';
import { LookTimes } from './look-times.js';

const key = { namespace: 'retention', name: 'telco' };

/** What a process does at these seconds: it looks each ten seconds. */
function looked(...seconds: number[]) {
  let now = 0;
  const looks = new LookTimes({ monotonic: () => now });
  return seconds.map((second) => {
    now = second * 1000;
    return [looks.isDue(key, 10), looks.watchedSeconds(key)];
  });
}

describe('LookTimes', () => {
  it('knows when a look is due, and for how long it has looked', () => {
    expect(looked(100, 105, 110, 119, 130)).toEqual([
      ...[[true, 0], [false, 5], [true, 10], [false, 19], [true, 30]], // prettier-ignore
    ]);
  });

  it('has seen nothing before a gap that was not planned', () => {
    expect(looked(100, 110, 140, 200, 210).at(2)).toEqual([true, 40]);
    expect(looked(100, 110, 200, 210).slice(2)).toEqual([
      [true, 0],
      [true, 10],
    ]);
  });

  it('repeats a look at once without a gap, and begins anew when it was told to forget', () => {
    let now = 0;
    const looks = new LookTimes({ monotonic: () => now });
    looks.isDue(key, 10);
    now = 5_000;
    looks.repeat(key);
    expect([looks.isDue(key, 10), looks.watchedSeconds(key)]).toEqual([true, 5]);
    looks.forget(key);
    expect([looks.isDue(key, 10), looks.watchedSeconds(key)]).toEqual([true, 0]);
  });
});
