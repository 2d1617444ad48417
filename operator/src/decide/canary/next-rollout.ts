import type { RolloutStatus } from '@churnops/crds';
import type { CanaryLook } from './canary-look.js';
import { observedRollout, withAcknowledged } from './observed-rollout.js';
import { isOver } from './rollout-facts.js';
import type { Rule } from './rule.js';
import { baking } from './stages/baking.js';
import { canary } from './stages/canary.js';
import { full } from './stages/full.js';
import { shadow } from './stages/shadow.js';
import { troubles } from './stages/troubles.js';

/** In this order: what ends a rollout comes before what moves it on. */
const rules: Record<RolloutStatus['stage'], readonly Rule[]> = {
  Shadow: [...troubles, ...shadow],
  Canary: [...troubles, ...canary],
  Full: [...troubles, ...full],
  Baking: baking,
  Complete: [],
  RolledBack: [],
};

/**
 * The status that a rollout gets at this look: the same object when nothing is decided. A decision that routers act on has the
 * next sequence. It is recorded before anything is done about it, and what is done follows from the record alone, so that an
 * operator that dies in between leaves nothing half decided.
 */
export function nextRollout(look: CanaryLook): RolloutStatus {
  // Of one that is over nothing is decided: what routers act on is still recorded.
  if (isOver(look.status)) return withAcknowledged(look);
  const status = observedRollout(look);
  for (const rule of rules[status.stage]) {
    const next = rule({ ...look, status });
    if (next !== undefined) return next;
  }
  return status;
}
