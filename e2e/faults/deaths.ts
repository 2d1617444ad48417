import type { Death } from './crashing-client.js';

/** So many stories run beside each other: each has its own operator that sees its own namespace only. */
const AT_ONCE = 4;
/** A disturbed life may write a little more than the undisturbed one, since fewer changes merge. */
const MORE_WRITES = 2;

/** Deaths at each of the writes of a life with so many. */
export function deathsIn(writes: number, moments: readonly Death['moment'][]): Death[] {
  const numbers = Array.from({ length: writes + MORE_WRITES }, (_, index) => 1 + index);
  return numbers.flatMap((write) => moments.map((moment): Death => ({ moment, write })));
}

/** A write that every life makes: one in which less is waited for writes far less than the undisturbed one. */
const SURE_WRITE = 2;

/** So many deaths, each after a write: the first one at a write that is surely made, the others spread over the writes of a life. */
export function someDeathsIn(writes: number, count: number): Death[] {
  return Array.from({ length: count }, (_, index) => {
    return { moment: 'after', write: index === 0 ? SURE_WRITE : Math.ceil(((index + 0.5) * writes) / count) };
  });
}

/** Tells a story of each one, some at once. */
export async function tellAll<T>(plots: readonly T[], story: (plot: T) => Promise<void>): Promise<void> {
  const left = [...plots];
  const tellers = Array.from({ length: AT_ONCE }, async () => {
    for (let plot = left.shift(); plot !== undefined; plot = left.shift()) await story(plot);
  });
  await Promise.all(tellers);
}
