import { expect, it } from '@jest/globals';
import { ManualClock } from './manual-clock.js';
import { TokenBucket } from './token-bucket.js';

it('lets a burst through, then one per refill', async () => {
  const clock = new ManualClock();
  const bucket = new TokenBucket(clock, 2, 5);
  expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([true, true, false]);
  await clock.advance(5_000);
  expect([bucket.take(), bucket.take()]).toEqual([true, false]);
});
