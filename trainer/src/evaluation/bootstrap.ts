import type { SeededRandom } from '../seeded-random.js';

export type Interval = [low: number, high: number];

/** Samples of few rows; the intervals of many rows are so narrow that fewer samples tell them well enough. */
const MOST_SAMPLES = 1000;
const LEAST_SAMPLES = 200;
const MOST_WORK = 1e8;

/** How many samples of so many rows are drawn. */
export function samplesFor(rows: number): number {
  return Math.max(LEAST_SAMPLES, Math.min(MOST_SAMPLES, Math.floor(MOST_WORK / rows)));
}

/**
 * 95 % intervals of figures by the percentile bootstrap: rows are drawn with replacement. Samples in which a figure has no value
 * (no leaver among the drawn) don't count for it.
 *
 * @param figures what to measure, of rows that count as often as told
 */
export function bootstrap(
  rows: number,
  random: SeededRandom,
  figures: (weights: Uint32Array) => Readonly<Record<string, number>>,
): Record<string, Interval> {
  const samples = samplesFor(rows);
  const drawn: Record<string, number[]> = {};
  const weights = new Uint32Array(rows);
  for (let sample = 0; sample < samples; sample++) {
    weights.fill(0);
    for (let draw = 0; draw < rows; draw++) {
      const row = random.below(rows);
      weights[row] = (weights[row] ?? 0) + 1;
    }
    for (const [name, value] of Object.entries(figures(weights))) {
      if (Number.isFinite(value)) (drawn[name] ??= []).push(value);
    }
  }
  return Object.fromEntries(Object.entries(drawn).map(([name, values]) => [name, middle95(values)]));
}

function middle95(values: number[]): Interval {
  const ascending = Float64Array.from(values).sort();
  return [quantile(ascending, 0.025), quantile(ascending, 0.975)];
}

/** Quantile of ascending values, between two of them in proportion (type 7 of Hyndman and Fan 1996, numpy's). */
export function quantile(ascending: Float64Array, share: number): number {
  const place = share * (ascending.length - 1);
  const [below, above] = [ascending[Math.floor(place)] ?? Number.NaN, ascending[Math.ceil(place)] ?? Number.NaN];
  return below + (above - below) * (place - Math.floor(place));
}
