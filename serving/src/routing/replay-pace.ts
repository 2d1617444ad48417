/**
 * When the next row of a replay is due: an interval after the last one was, so that late timers don't slow it down. Rows that a
 * stall let pass are left out: a burst would look to the candidate like nothing that clients do.
 *
 * @param due When the last row was due, `now` when it was sent; milliseconds of a clock that never goes back, as the interval.
 */
export function nextDue(due: number, now: number, interval: number): number {
  const next = due + interval;
  return next > now ? next : now + interval;
}
