import type { RolloutStatus } from '@churnops/crds';
import type { Check } from '../analysis/check.js';

/** Whether nothing speaks against a revision in its bake: while something does, the way back is kept, whatever the clock says. */
export function isHealthy({ unreadySince }: RolloutStatus, checks: readonly Check[]): boolean {
  return unreadySince === undefined && checks.every(({ isDoubted }) => !isDoubted);
}
