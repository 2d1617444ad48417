import type { World } from '../world.js';
import type { LookAgain, Plan } from './action.js';
import { nextDeletion, retirement } from './retirement.js';
import { rollout } from './rollout.js';
import { jobExpiry, nextAttempt, training } from './training.js';
import { upkeep } from './upkeep.js';

// The Secrets with the generated key are not watched; a deleted one is a wish for a new key, and noticed after this time.
const KEY_CHECK: LookAgain = { seconds: 300, reason: 'Secrets are not watched' };

/** Everything to be done now, what serves first. */
export function plan(world: World): Plan {
  return {
    actions: [...upkeep(world), ...retirement(world), ...jobExpiry(world), ...rollout(world), ...training(world)],
    lookAgain: earliest([nextDeletion(world), nextAttempt(world), keyCheck(world)]),
  };
}

function keyCheck(world: World): LookAgain | undefined {
  return world.model.spec.serving.access.authentication === 'ApiKey' ? KEY_CHECK : undefined;
}

function earliest(candidates: readonly (LookAgain | undefined)[]): LookAgain | undefined {
  const wanted = candidates.filter((candidate) => candidate !== undefined);
  return wanted.toSorted((a, b) => a.seconds - b.seconds)[0];
}
