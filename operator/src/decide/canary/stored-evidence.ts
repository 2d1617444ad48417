import type { RolloutStatus } from '@churnops/crds';
import { decodedEvidence, EvidenceUnusable } from '../analysis/evidence-codec.js';
import { evidenceFromNowOn, freshEvidence } from '../analysis/evidence.js';
import type { Evidence } from '../analysis/evidence.js';

/** The evidence that a record holds. What another release stored in another way is left aside: tests may begin anew at any time. */
export function evidenceOf({ evidence }: RolloutStatus): Evidence {
  try {
    return evidence === undefined ? freshEvidence() : decodedEvidence(evidence);
  } catch (error) {
    if (error instanceof EvidenceUnusable) return evidenceFromNowOn();
    throw error;
  }
}
