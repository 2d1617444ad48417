/** How long ago a recorded time is, in seconds; 0 for one that is still to come, since clocks differ. */
export function ageSeconds(now: Date, since: string): number {
  return Math.max(0, now.getTime() - Date.parse(since)) / 1000;
}
