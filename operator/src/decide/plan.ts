import type { World } from '../world.js';
import type { Action, LookAgain, Plan } from './action.js';
import { nextJobCheck } from './job-start.js';
import { nextQuotaRetry } from './quota-retry.js';
import { accessEnd } from './leftovers.js';
import { isObjectWrite } from './object-write.js';
import { pruning } from './pruning.js';
import { routing } from './canary/told-routing.js';
import { secondsBetweenLooks } from './canary/under-way.js';
import { nextDeletion, retirement } from './retirement.js';
import { registration } from './registration.js';
import { decisions, start } from './rollout.js';
import { apiKeys } from './secrets.js';
import { trainingOf, wantedRevision } from './revisions.js';
import { jobExpiry, jobOf, nextAttempt, training } from './training.js';
import { surroundings } from './surroundings.js';
import { upkeep } from './upkeep.js';

// The Secrets with generated keys are not watched; a deleted one is a wish for new keys, and noticed after this time.
const KEY_CHECK: LookAgain = { seconds: 300, reason: 'Secrets are not watched' };

/** Everything to be done now, what serves first. */
export function plan(world: World): Plan {
  const decided = decisions(world);
  return {
    actions: [
      ...upkeep(world).map(tolerant),
      // Before the other writes to pods, which make new versions of them.
      ...routing(world),
      ...decided,
      ...registration(world).map(tolerant),
      // Of two records of one revision the second would be refused: what comes after a decision is done at the next look.
      ...[...(decided.length > 0 ? [] : retirement(world)), ...jobExpiry(world), ...accessEnd(world)].map(tolerant),
      // From here on: what a foreign Secret or a quota may hold up without harm to what serves.
      ...apiKeys(world),
      ...surroundings(world),
      ...(decided.length > 0 ? [] : start(world)),
      ...learning(world),
      ...pruning(world),
    ],
    lookAgain: earliest([
      nextDeletion(world),
      nextAttempt(world),
      nextJobCheck(world),
      nextQuotaRetry(world),
      nextLook(world),
      KEY_CHECK,
    ]),
  };
}

/** What could not be scaled or cleaned up must not hold up a rollback, which mends more. A record is what comes after it rests on. */
function tolerant(action: Action): Action {
  return isObjectWrite(action) ? { ...action, mayFail: true } : action;
}

/** While suspended nothing is begun, but the result of a run that goes on is recorded: its Job may be gone later. */
function learning(world: World): readonly Action[] {
  if (!world.model.spec.suspend) return training(world);
  const wanted = wantedRevision(world);
  const runs = wanted !== undefined && trainingOf(wanted) === 'Open' && jobOf(world, wanted) !== undefined;
  return runs ? training(world) : [];
}

/** When to read the pods of a rollout again. */
function nextLook(world: World): LookAgain | undefined {
  const seconds = secondsBetweenLooks(world);
  return seconds === undefined ? undefined : { seconds, reason: 'A revision is rolled out' };
}

function earliest(candidates: readonly (LookAgain | undefined)[]): LookAgain | undefined {
  const wanted = candidates.filter((candidate) => candidate !== undefined);
  return wanted.toSorted((a, b) => a.seconds - b.seconds)[0];
}
