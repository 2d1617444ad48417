import type { AnalysisSettings } from './analysis-settings.js';
import type { Check } from './check.js';
import type { Evidence } from './evidence.js';
import { decisionFlips, scoreShift } from './guard-checks.js';
import { failures, latency } from './request-checks.js';

/** What each check says now, those that a rollout waits for first. */
export function checksOf(evidence: Evidence, settings: AnalysisSettings): readonly Check[] {
  const { errorProbability, scoreShift: shift, decisionFlips: flips } = settings;
  return [
    failures(evidence.requests, settings),
    latency(evidence.requests, settings),
    ...(shift === undefined ? [] : [scoreShift(evidence.scoreShift, errorProbability, shift.maxTotalVariation)]),
    ...(flips === undefined ? [] : [decisionFlips(evidence.decisionFlips, errorProbability, flips.maxShare)]),
  ];
}
