import { z } from 'zod';

/** The part of the wealth that is kept out of every bet at the start: it bounds what good times cost. */
const CASH = 0.5;
/** The part of the wealth that is spread anew after each block, so that a late break is found too. */
const SHARED = 0.002;

/**
 * Wealth that bets on several alternatives at once. `logE` is its logarithm now, `logEMax` the largest ever, at least 0; `v` is
 * how it is spread: cash, then a part for each alternative.
 */
export interface Mixture {
  readonly logE: number;
  readonly logEMax: number;
  readonly blocks: number;
  readonly v: readonly number[];
}

/** The stored form of a mixture over so many alternatives. */
export function mixtureOf(alternatives: number) {
  return z.strictObject({
    logE: z.number(),
    logEMax: z.number().min(0),
    blocks: z.int().min(0),
    v: z.array(z.number().positive()).length(alternatives + 1),
  });
}

/** No block seen yet. */
export function freshMixture(alternatives: number) {
  return { logE: 0, logEMax: 0, blocks: 0, v: spread(alternatives) };
}

/** One block later: the log e-value of the block for each alternative, which may depend on earlier blocks only. Section 1. */
export function mixed(mixture: Mixture, logEs: readonly number[]) {
  const logs = mixture.v.map((part, index) => Math.log(part) + (index === 0 ? 0 : (logEs[index - 1] ?? 0)));
  const growth = logSumExp(logs);
  const logE = mixture.logE + growth;
  const anew = spread(logEs.length);
  return {
    logE,
    logEMax: Math.max(mixture.logEMax, logE),
    blocks: mixture.blocks + 1,
    v: logs.map((log, index) => (1 - SHARED) * Math.exp(log - growth) + SHARED * (anew[index] ?? 0)),
  };
}

/** Whether the null is rejected at this level. Holds for good once it does, since `logEMax` never falls. */
export function rejects({ logEMax }: Mixture, alpha: number): boolean {
  return logEMax >= -Math.log(alpha);
}

/** The chance of so much evidence at any time, were the null true: 1 / wealth, at most 1. */
export function pValue({ logEMax }: Mixture): number {
  return Math.min(1, Math.exp(-logEMax));
}

function spread(alternatives: number): number[] {
  return [CASH, ...Array.from({ length: alternatives }, () => (1 - CASH) / alternatives)];
}

function logSumExp(logs: readonly number[]): number {
  const largest = Math.max(...logs);
  return largest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - largest), 0));
}
