import { checksOf } from '../analysis/checks.js';
import type { World } from '../../world.js';
import { isHealthy } from './bake-health.js';
import { beginningOf } from './beginning.js';
import type { Beginning } from './beginning.js';
import { settingsOf } from './look-at-rollout.js';
import { podsOf } from './pods-now.js';
import { isBaking } from './rollout-facts.js';
import { evidenceOf } from './stored-evidence.js';

/**
 * Whether the next rollout waits for a bake: while something speaks against what serves, the way back is kept, and the next look decides.
 * What hangs on one pod decides nothing, and nothing waits for it.
 */
export function isHeldUp(world: World, { current }: Beginning): boolean {
  const bake = current.status?.rollout;
  if (bake === undefined || !isBaking(current) || podsOf(world, bake.previousRevision).length === 0) return false;
  const checks = checksOf(evidenceOf(bake), settingsOf(world, current, bake).analysis);
  return !isHealthy(
    bake,
    checks.filter(({ suspects }) => suspects.length === 0),
  );
}

/** Why a trained revision does not begin yet, for people; undefined when nothing holds it up. */
export function heldUpMessage(world: World): string | undefined {
  const beginning = beginningOf(world);
  if (beginning === undefined || !isHeldUp(world, beginning)) return undefined;
  const { current, candidate } = beginning;
  const why = current.status?.rollout?.message ?? 'its pods are not ready';
  return `Revision ${candidate.name} waits for the bake of revision ${current.name}, against which something speaks: ${why}`;
}
