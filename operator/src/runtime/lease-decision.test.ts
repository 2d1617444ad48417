import { describe, expect, it } from '@jest/globals';
import { decideLease } from './lease-decision.js';

const held = (holder: string) => ({ record: { holder, durationSeconds: 15 }, changedAt: 1_000 });

describe('a contender', () => {
  it.each([
    ['makes a Lease that is not there', undefined, 0, { kind: 'create' }],
    ['renews its own', held('me'), 2_000, { kind: 'renew' }],
    ['renews its own also after its end, since nobody took it', held('me'), 99_000, { kind: 'renew' }],
    ['takes one that was given back', held(''), 1_000, { kind: 'take' }],
    ['waits while the record is fresh', held('other'), 15_999, { kind: 'wait', milliseconds: 1 }],
    ['takes one that did not change for its whole duration', held('other'), 16_000, { kind: 'take' }],
  ])('%s', (_, observation, now, expected) => {
    expect(decideLease('me', observation, now)).toEqual(expected);
  });
});
