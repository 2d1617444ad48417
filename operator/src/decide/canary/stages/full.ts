import type { RolloutStatus } from '@churnops/crds';
import { inWords, isRequired } from '../../analysis/check.js';
import type { CanaryLook } from '../canary-look.js';
import { condemned, judged } from '../judgement.js';
import type { Rule } from '../rule.js';
import { withReason } from '../rule.js';
import { bakeRecord } from '../turning-points.js';

/** The candidate answers for everybody, still behind the pods of the current revision. */
export const full: readonly Rule[] = [failed, promoted];

function failed(look: CanaryLook): RolloutStatus | undefined {
  return condemned(look, judged(look));
}

/** Every router sends everything, shielded, and the pods are there: nothing is left to be moved but the Service. */
function promoted(look: CanaryLook): RolloutStatus | undefined {
  const { status, candidate, routers, checks } = look;
  if (!candidate.isSized) return undefined;
  const acting = routers.filter(({ sequence, percent }) => sequence >= status.sequence && percent === 100);
  if (routers.length === 0 || acting.length < routers.length) {
    return withReason(status, 'Full', `${acting.length} of ${routers.length} pods send everything`);
  }
  return { ...bakeRecord(status, look), reason: 'Baking', message: inWords(checks.filter(isRequired)) };
}
