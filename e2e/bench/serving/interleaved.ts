import { shuffled } from '../rounds.js';

/** So many rounds only warm servers up; a rehearsal of one round has none. */
const WARMING = 2;

/**
 * Measures everything once in each round, in an order that is shuffled anew, so that what changes on the machine meets all alike.
 *
 * @returns The measurements of each round, without those that only warmed servers up.
 */
export async function interleaved<const Name extends string, Measured>(
  names: readonly Name[],
  rounds: number,
  measure: (name: Name, round: number) => Promise<Measured>,
): Promise<((name: Name) => Measured)[]> {
  const played: ((name: Name) => Measured)[] = [];
  for (let round = 1 - Math.min(WARMING, rounds - 1); round <= rounds; round += 1) {
    const found = new Map<Name, Measured>();
    for (const name of shuffled(names, round)) found.set(name, await measure(name, round));
    if (round >= 1) played.push((name) => found.get(name)!);
  }
  return played;
}
