import type { Death } from './crashing-client.js';

/** So many stories run beside each other: each has its own operator that sees its own namespace only. */
const AT_ONCE = 4;
/** A disturbed life may write a little more than the undisturbed one, since fewer changes merge. */
const MORE_WRITES = 2;

/** Deaths at the writes of a life with so many, at each `every`-th of them: 1 for all. */
export function deathsIn(writes: number, moments: readonly Death['moment'][], every = 1): Death[] {
  const numbers = Array.from({ length: Math.ceil((writes + MORE_WRITES) / every) }, (_, index) => 1 + index * every);
  return numbers.flatMap((write) => moments.map((moment): Death => ({ moment, write })));
}

/** Tells a story of each death, some at once. */
export async function tellAll(deaths: readonly Death[], story: (death: Death) => Promise<void>): Promise<void> {
  const left = [...deaths];
  const tellers = Array.from({ length: AT_ONCE }, async () => {
    for (let death = left.shift(); death !== undefined; death = left.shift()) await story(death);
  });
  await Promise.all(tellers);
}
