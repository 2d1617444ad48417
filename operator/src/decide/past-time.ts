/** A recorded time; now when that is still to come, since the clock that it was read from was wrong: else an hour's error would be waited for. */
export function pastTime(time: string, now: Date): string {
  return Date.parse(time) > now.getTime() ? now.toISOString() : time;
}
