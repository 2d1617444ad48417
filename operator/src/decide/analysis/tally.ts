import { z } from 'zod';

const Count = z.number().min(0);

/** `n` requests, of which `x` count against who answered them. Not always whole: see `control-rate.ts`. */
export const Tally = z.strictObject({ n: Count, x: Count });
export type Tally = z.infer<typeof Tally>;

/** What arrived between two reads: "c" and "s" of the specification, whose stable is the control group here. */
export const Block = z.strictObject({ candidate: Tally, control: Tally });
export type Block = z.infer<typeof Block>;

export const noTally: Tally = { n: 0, x: 0 };
export const noBlock: Block = { candidate: noTally, control: noTally };

/** Both together. */
export function plus(a: Tally, b: Tally): Tally {
  return { n: a.n + b.n, x: a.x + b.x };
}

/** Both together, group by group. */
export function plusBlock(a: Block, b: Block): Block {
  return { candidate: plus(a.candidate, b.candidate), control: plus(a.control, b.control) };
}

/** `value`, or the end of the range that it lies beyond. */
export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
