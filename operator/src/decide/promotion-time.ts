import type { World } from '../world.js';

/** The time of a promotion now: later than that of every one before, also after the clock went back, since the latest one counts. */
export function promotionTime({ now, revisions }: Pick<World, 'now' | 'revisions'>): string {
  const before = revisions.map(({ status }) => Date.parse(status?.promotedTime ?? '') || 0);
  return new Date(Math.max(now.getTime(), 1 + Math.max(0, ...before))).toISOString();
}
