import type { RolloutStatus } from '@churnops/crds';
import { isOver, unjudged } from './rollout-facts.js';

/** How a rollout ended. */
export type RolloutEnd =
  { readonly result: 'Complete' | 'Superseded' } | { readonly result: 'RolledBack'; readonly reason: string };

/** How a rollout ends with this record; undefined when it goes on, or had ended before. */
export function rolloutEnd(before: RolloutStatus | undefined, now: RolloutStatus | undefined): RolloutEnd | undefined {
  if (now === undefined || before === undefined || isOver(before)) return undefined;
  if (now.stage === 'Complete') return { result: 'Complete' };
  if (now.stage !== 'RolledBack') return undefined;
  const { reason = 'RolledBack' } = now;
  return unjudged.includes(reason) ? { result: 'Superseded' } : { result: 'RolledBack', reason };
}
