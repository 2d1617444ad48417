import { ageSeconds } from '../age-seconds.js';
import type { CanaryLook } from './canary-look.js';

/** Whether something was seen for so many seconds without a gap: while nobody looked it may have been otherwise. */
export function wasSeenFor({ now, watchedSeconds }: CanaryLook, since: string | undefined, seconds: number): boolean {
  return since !== undefined && Math.min(ageSeconds(now, since), watchedSeconds) >= seconds;
}
