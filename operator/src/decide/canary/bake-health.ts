import type { RolloutStatus } from '@churnops/crds';
import type { AnalysisSettings } from '../analysis/analysis-settings.js';
import { DOUBT } from '../analysis/check.js';
import { checksOf } from '../analysis/checks.js';
import type { Evidence } from '../analysis/evidence.js';

/** Whether nothing speaks against a revision in its bake: while something does, the way back is kept, whatever the clock says. */
export function isHealthy({ unreadySince }: RolloutStatus, evidence: Evidence, settings: AnalysisSettings): boolean {
  return unreadySince === undefined && checksOf(evidence, settings).every(({ logE }) => logE < DOUBT);
}
