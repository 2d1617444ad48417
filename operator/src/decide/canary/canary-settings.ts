import type { Rollout } from '@churnops/crds';
import type { AnalysisSettings } from '../analysis/analysis-settings.js';
import type { Step } from '../analysis/step-decision.js';

/** A step of the canary with its share and all defaults filled in. */
export interface CanaryStep extends Step {
  /** 1 to 99. */
  readonly percent: number;
  readonly needsApproval: boolean;
}

/** `spec.rollout` with numbers in place of decimals. */
export interface CanarySettings {
  readonly steps: readonly CanaryStep[];
  /** Rows that the candidate must have answered as copies. */
  readonly shadowSamples: number;
  readonly bakeSeconds: number;
  readonly progressDeadlineSeconds: number;
  readonly analysis: AnalysisSettings;
}

/** Whether scores and decisions of the two revisions mean the same. */
export interface Comparable {
  readonly scores: boolean;
  readonly decisions: boolean;
}

const MAX_SECONDS = { last: 1_800, earlier: 600 };

/** The settings of a rollout between two revisions. */
export function canarySettings(rollout: Rollout, comparable: Comparable): CanarySettings {
  const { steps, shadowSamples, rollback, progressDeadlineSeconds } = rollout;
  return {
    steps: steps.map(({ percent, minSeconds, maxSeconds, approval }, index) => {
      const isLast = index === steps.length - 1;
      const usual = isLast ? MAX_SECONDS.last : MAX_SECONDS.earlier;
      const needsApproval = approval === 'Required';
      return { percent, isLast, minSeconds, maxSeconds: Math.max(minSeconds, maxSeconds ?? usual), needsApproval };
    }),
    shadowSamples,
    bakeSeconds: rollback.bakeSeconds,
    progressDeadlineSeconds,
    analysis: analysisSettings(rollout, comparable),
  };
}

function analysisSettings({ analysis, replay }: Rollout, { scores, decisions }: Comparable): AnalysisSettings {
  const { failures, latency, scoreShift, decisionFlips } = analysis;
  return {
    intervalSeconds: analysis.intervalSeconds,
    errorProbability: Number(analysis.errorProbability),
    replays: replay === 'Auto',
    failures: {
      failMargin: Number(failures.failMargin),
      passMargin: Number(failures.passMargin),
      maxShare: Number(failures.maxShare),
    },
    latency: { failMargin: Number(latency.failMargin), passMargin: Number(latency.passMargin) },
    scoreShift: scores ? { maxTotalVariation: Number(scoreShift.maxTotalVariation) } : undefined,
    decisionFlips: decisions ? { maxShare: decisionFlips.maxPercent / 100 } : undefined,
    noDataPolicy: analysis.noDataPolicy,
    inconclusivePolicy: analysis.inconclusivePolicy,
  };
}
