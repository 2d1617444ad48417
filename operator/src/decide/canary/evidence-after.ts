import type { RolloutStatus } from '@churnops/crds';
import type { AnalysisSettings } from '../analysis/analysis-settings.js';
import { evidenceAtBake, evidenceAtNextStep } from '../analysis/evidence.js';
import type { Evidence } from '../analysis/evidence.js';

/** A record of a rollout and the one that is made of it. */
export interface Decision {
  readonly before: RolloutStatus;
  readonly next: RolloutStatus;
}

/** The evidence that belongs to a record: a new step wants a Pass of its own, and the bake has tests of its own. */
export function evidenceAfter(evidence: Evidence, { before, next }: Decision, settings: AnalysisSettings): Evidence {
  if (next.stage === 'Baking') return before.stage === 'Baking' ? evidence : evidenceAtBake(evidence, settings);
  return next.step === before.step ? evidence : evidenceAtNextStep(evidence);
}
