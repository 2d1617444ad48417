import { z } from 'zod';
import { blockEvidence } from './block-evidence.js';
import { freshMixture, mixed, mixtureOf } from './mixture.js';
import { clamp } from './tally.js';

/** By how much more than the limit a bet says the groups differ in the chosen bins. */
const EXCESSES = [0.05, 0.1, 0.2, 0.4];
const MAX_BINS = 100;

/** Counts of scores by bin. */
const Bins = z.array(z.number().min(0)).max(MAX_BINS);
/** The scores of both groups, bin by bin. The bins are the current revision's and stay the same for the rollout. */
export const Scores = z.strictObject({ candidate: Bins, control: Bins });
export type Scores = z.infer<typeof Scores>;

/** Test 3: whether the scores of the candidate lie elsewhere than those of what serves, on the same rows. It can only fail. */
export const ScoreShift = z.strictObject({ pending: Scores, seen: Scores, mixture: mixtureOf(EXCESSES.length) });
export type ScoreShift = z.infer<typeof ScoreShift>;

export const noScores: Scores = { candidate: [], control: [] };

/** Nothing seen yet. */
export function freshScoreShift(): ScoreShift {
  return { pending: noScores, seen: noScores, mixture: freshMixture(EXCESSES.length) };
}

/** After one more read. The first block is only learned from. */
export function shifted(test: ScoreShift, added: Scores, maxTotalVariation: number): ScoreShift {
  const pending = plusScores(test.pending, added);
  if (total(pending.candidate) < 1 || total(pending.control) < 1) return { ...test, pending };
  const isFirst = total(test.seen.candidate) === 0;
  return {
    pending: noScores,
    seen: plusScores(test.seen, pending),
    mixture: isFirst ? test.mixture : mixed(test.mixture, shiftEvidence(test.seen, pending, maxTotalVariation)),
  };
}

/** Half the sum of the differences of the bins' shares: 0 for equal scores, 1 for scores in different bins. */
export function totalVariation({ candidate, control }: Scores): number {
  const [nc, ns] = [total(candidate), total(control)];
  return 0.5 * sumOver(candidate, (count, bin) => Math.abs(count / nc - (control[bin] ?? 0) / ns));
}

/** Population stability index, for those who know it. Without a shift it is about (bins - 1) (1/n + 1/m), so no verdict hangs on it. */
export function stabilityIndex({ candidate, control }: Scores): number {
  const [share, other] = [smoothed(candidate), smoothed(control)];
  return sumOver(candidate, (_, bin) => (share(bin) - other(bin)) * Math.log(share(bin) / other(bin)));
}

/** How many scores. */
export function total(bins: readonly number[]): number {
  return bins.reduce((sum, count) => sum + count, 0);
}

/** Both together, bin by bin. */
export function plusScores(a: Scores, b: Scores): Scores {
  return { candidate: plusBins(a.candidate, b.candidate), control: plusBins(a.control, b.control) };
}

/** Of the bins where the candidate had more than its share in earlier blocks, the excess in this one is what counts. Section 3. */
function shiftEvidence(seen: Scores, block: Scores, limit: number): number[] {
  const [share, other] = [smoothed(seen.candidate), smoothed(seen.control)];
  const isChosen = (bin: number) => share(bin) > other(bin);
  const inChosen = (bins: readonly number[]) => sumOver(bins, (count, bin) => (isChosen(bin) ? count : 0));
  const tally = (bins: readonly number[]) => ({ n: total(bins), x: inChosen(bins) });
  const earlier = clamp((inChosen(seen.control) + 0.5) / (total(seen.control) + 1), 1e-4, 0.98);
  const control = Math.min(earlier, 1 - limit - 0.02);
  const counts = { candidate: tally(block.candidate), control: tally(block.control) };
  return EXCESSES.map((excess) => {
    const candidate = Math.min(control + limit + excess, 0.995);
    return blockEvidence(counts, { candidate, control }, limit);
  });
}

/** The share of each bin, as if each had half a score more. */
function smoothed(bins: readonly number[]): (bin: number) => number {
  const n = total(bins);
  return (bin) => ((bins[bin] ?? 0) + 0.5) / (n + 0.5 * bins.length);
}

function plusBins(a: readonly number[], b: readonly number[]): number[] {
  const longer = a.length < b.length ? b : a;
  return longer.map((_, bin) => (a[bin] ?? 0) + (b[bin] ?? 0));
}

function sumOver(bins: readonly number[], value: (count: number, bin: number) => number): number {
  return bins.reduce((sum, count, bin) => sum + value(count, bin), 0);
}
