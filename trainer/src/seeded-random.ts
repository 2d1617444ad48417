import { createHash } from 'node:crypto';

// Called many million times: in the contexts that tests run in, looking up a global each time takes longer than the rest.
const { imul, floor } = Math;

/** A stream of random numbers that its seed and its purpose decide: the same on every machine. */
export interface SeededRandom {
  /** 0 or above, below 1. */
  readonly uniform: () => number;
  /** A whole number from 0 to below `bound`; `bound` at most 2^32. */
  readonly below: (bound: number) => number;
}

/** xoshiro128** (Blackman and Vigna 2018), started from a hash: streams of different purposes have nothing in common. */
export function seededRandom(seed: number, purpose: string): SeededRandom {
  const start = createHash('sha256').update(`${purpose}\0${seed}`).digest();
  let [a, b, c, d] = [start.readInt32LE(0), start.readInt32LE(4), start.readInt32LE(8), start.readInt32LE(12) | 1];
  const uniform = () => {
    const product = imul(b, 5);
    const result = imul((product << 7) | (product >>> 25), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return (result >>> 0) / 2 ** 32;
  };
  return { uniform, below: (bound) => floor(uniform() * bound) };
}
