/** `spec.rollout.analysis` as numbers: shares and differences of shares from 0 to 1. */
export interface AnalysisSettings {
  readonly intervalSeconds: number;
  /** The chance to roll back an equally good model, in the whole rollout. */
  readonly errorProbability: number;
  /** Whether replayed rows may decide too: the tests on them then have a part of the error probability. */
  readonly replays: boolean;
  readonly failures: { readonly failMargin: number; readonly passMargin: number; readonly maxShare: number };
  readonly latency: { readonly failMargin: number; readonly passMargin: number };
  /** Absent when the scores of the two revisions do not mean the same. */
  readonly scoreShift: { readonly maxTotalVariation: number } | undefined;
  /** Absent when the two revisions decide by other rules on purpose. */
  readonly decisionFlips: { readonly maxShare: number } | undefined;
  readonly noDataPolicy: 'Hold' | 'RollBack';
  readonly inconclusivePolicy: 'Hold' | 'Promote' | 'RollBack';
}
