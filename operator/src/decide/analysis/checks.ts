import type { AnalysisSettings } from './analysis-settings.js';
import { bakeChecks } from './bake-checks.js';
import type { Check, JudgedCheck } from './check.js';
import { levelsOf } from './error-budget.js';
import type { Levels } from './error-budget.js';
import type { Evidence } from './evidence.js';
import { decisionFlips, scoreShift } from './guard-checks.js';
import { failures, latency } from './request-checks.js';
import type { SourceEvidence } from './source-evidence.js';
import { counted } from './written-numbers.js';

/** What each check says now, those that a rollout waits for first. In the bake these are the checks of the bake. */
export function checksOf(evidence: Evidence, settings: AnalysisSettings): readonly JudgedCheck[] {
  const { live, replay, bake } = evidence;
  if (bake !== undefined) return bakeChecks(bake, settings).map((check) => ({ ...check, source: 'Live' }));
  const onLive = sourceChecks(live, levelsOf('Live', settings), settings);
  if (!settings.replays) return onLive.map((check) => ({ ...check, source: 'Live' }));
  const onReplay = sourceChecks(replay, levelsOf('Replay', settings), settings);
  return onLive.map((check) => judged(check, onReplay.find(({ name }) => name === check.name) ?? check));
}

function sourceChecks(
  { requests, scoreShift: shift, decisionFlips: flips }: SourceEvidence,
  levels: Levels,
  settings: AnalysisSettings,
): readonly Check[] {
  return [
    failures(requests, levels, settings.failures),
    latency(requests, levels, settings.latency),
    ...(settings.scoreShift === undefined
      ? []
      : [scoreShift(shift, levels.fail, settings.scoreShift.maxTotalVariation)]),
    ...(settings.decisionFlips === undefined
      ? []
      : [decisionFlips(flips, levels.fail, settings.decisionFlips.maxShare)]),
  ];
}

/** A Fail on the rows of either source is one, and a Pass on replayed rows is one where users' rows don't speak against it. */
function judged(live: Check, replay: Check): JudgedCheck {
  const told = `on replayed rows: ${replay.message}`;
  const common = {
    isDoubted: [live, replay].some(({ isDoubted }) => isDoubted),
    suspects: [...live.suspects, ...replay.suspects],
  };
  if (live.verdict === 'Fail' || replay.verdict === 'NoData') return { ...live, ...common, source: 'Live' };
  if (replay.verdict === 'Fail') return { ...replay, ...common, source: 'Replay', message: told };
  if (live.verdict === 'Pass') return { ...live, ...common, source: 'Live' };
  if (replay.verdict === 'Pass' && !live.isDoubted) {
    const message = `passed ${told}; users sent ${counted(live.samples)} rows to the candidate in this step`;
    return { ...replay, ...common, source: 'Replay', message };
  }
  if (live.verdict === 'NoData') return { ...replay, ...common, verdict: 'Continue', source: 'Replay', message: told };
  return { ...live, ...common, source: 'Live', message: `${live.message}; ${told}` };
}
