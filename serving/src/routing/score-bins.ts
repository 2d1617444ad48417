import { SCORE_BINS } from '@churnops/crds';
import type { Manifest } from '@churnops/crds';

/** The bin of a probability, 0 to 19: how many of the 19 edges it reaches. */
export type ScoreBin = (probability: number) => number;

/** Bins between the quantiles of the scores that training saw; equally wide ones for an artifact that does not name them. */
export function scoreBins({ scoreQuantiles = equalWidths }: Pick<Manifest, 'scoreQuantiles'>): ScoreBin {
  return (probability) => {
    const above = scoreQuantiles.findIndex((edge) => probability < edge);
    return above === -1 ? scoreQuantiles.length : above;
  };
}

const equalWidths = Array.from({ length: SCORE_BINS - 1 }, (_, edge) => (edge + 1) / SCORE_BINS);
