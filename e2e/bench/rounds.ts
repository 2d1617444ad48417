import { randomOf } from './random.js';

/** The same order for the same seed (Fisher and Yates). */
export function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  const { uniform } = randomOf(seed);
  return items
    .map((item) => ({ item, key: uniform() }))
    .sort((first, second) => first.key - second.key)
    .map(({ item }) => item);
}

/** Middle and middle half of some numbers. */
export interface Spread {
  readonly median: number;
  readonly quartiles: readonly [number, number];
}

export function spreadOf(numbers: readonly number[]): Spread {
  const quantile = (share: number) => quantileOf(numbers, share);
  return { median: quantile(0.5), quartiles: [quantile(0.25), quantile(0.75)] };
}

/** By linear interpolation; NaN for no numbers. */
export function quantileOf(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((first, second) => first - second);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}
