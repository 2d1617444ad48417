import type { SeededRandom } from '../seeded-random.js';
import { quantile, samplesFor } from './bootstrap.js';
import { CALIBRATION_BINS, type Ranking } from './ranking.js';

/**
 * The expected calibration error that a perfectly calibrated model stays below in 95 % of cases, with these probabilities: few
 * rows alone make an error. By drawing outcomes from the probabilities themselves.
 */
export function perfectEce95({ scores, bins }: Ranking, random: SeededRandom): number {
  const errors = Float64Array.from({ length: samplesFor(scores.length) }, () => {
    const gaps = new Float64Array(CALIBRATION_BINS);
    for (let rank = 0; rank < scores.length; rank++) {
      const p = scores[rank] ?? 0;
      const bin = bins[rank] ?? 0;
      gaps[bin] = (gaps[bin] ?? 0) + (random.uniform() < p ? 1 : 0) - p;
    }
    return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / scores.length;
  });
  return quantile(errors.sort(), 0.95);
}
