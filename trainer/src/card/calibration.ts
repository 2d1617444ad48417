import type { CardFigures } from '@churnops/crds';

/** Customers with about the same probability, and how many of them left. */
export interface CalibrationGroup {
  /** Ends of the probabilities. */
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  readonly positives: number;
  readonly meanProbability: number;
  /** Where the share of leavers is in 95 % of cases when probabilities mean what they say. */
  readonly band: readonly [number, number];
}

/** Bins of the card that are one group together: ten groups, as the expected calibration error has. */
const BINS_IN_GROUP = 2;

/** The groups that have rows, by rising probability. */
export function calibrationGroups({ bins }: Pick<CardFigures, 'bins'>): CalibrationGroup[] {
  const groups = bins.length / BINS_IN_GROUP;
  return Array.from({ length: groups }, (_, group) => {
    const members = bins.slice(group * BINS_IN_GROUP, (group + 1) * BINS_IN_GROUP);
    const rows = members.reduce((sum, bin) => sum + bin.rows, 0);
    const positives = members.reduce((sum, bin) => sum + bin.positives, 0);
    const mean = members.reduce((sum, bin) => sum + bin.rows * bin.meanProbability, 0) / Math.max(1, rows);
    const ends = { from: group / groups, to: (group + 1) / groups };
    return { ...ends, rows, positives, meanProbability: mean, band: binomialBand(rows, mean) };
  }).filter(({ rows }) => rows > 0);
}

/** Whether the share of leavers is where chance alone would put it in 95 % of cases. */
export function isWithinBand({ rows, positives, band }: CalibrationGroup): boolean {
  const share = positives / rows;
  return share >= band[0] && share <= band[1];
}

/** The 2.5 % and 97.5 % quantiles of the share of successes among independent cases of equal probability. */
export function binomialBand(cases: number, probability: number): readonly [number, number] {
  const certain = Math.min(1, Math.max(0, Math.round(probability)));
  if (probability <= 0 || probability >= 1) return [certain, certain];
  const odds = Math.log(probability) - Math.log1p(-probability);
  let logOfTerm = cases * Math.log1p(-probability);
  let sum = Math.exp(logOfTerm);
  let [low, successes] = [0, 0];
  for (; sum < 0.975 && successes < cases; successes++) {
    if (sum < 0.025) low = successes + 1;
    logOfTerm += Math.log((cases - successes) / (successes + 1)) + odds;
    sum += Math.exp(logOfTerm);
  }
  return [low / cases, successes / cases];
}

/** Customers with about the same probability, by rising probability, and the share of them that left. */
export interface IsotonicStep {
  readonly from: number;
  readonly to: number;
  readonly share: number;
}

interface Block {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  readonly positives: number;
}

/** The rising steps that fit the shares of leavers best (pool adjacent violators), on the points of the ranking. */
export function isotonicSteps({ ranking }: Pick<CardFigures, 'ranking'>): IsotonicStep[] {
  const blocks: Block[] = [];
  for (const segment of segments(ranking).reverse()) {
    let block = segment;
    for (let last = blocks.at(-1); last !== undefined && !isRising(last, block); last = blocks.at(-1)) {
      block = joined(last, block);
      blocks.pop();
    }
    blocks.push(block);
  }
  return blocks.map(({ from, to, rows, positives }) => ({ from, to, share: positives / rows }));
}

/** The rows between two points of the ranking, the highest first. */
function segments(ranking: CardFigures['ranking']): Block[] {
  return ranking.map(([score, flagged, found], index) => {
    const [above, flaggedAbove, foundAbove] = ranking[index - 1] ?? [score, 0, 0];
    return { from: score, to: above, rows: flagged - flaggedAbove, positives: found - foundAbove };
  });
}

function isRising(lower: Block, higher: Block): boolean {
  return lower.positives * higher.rows < higher.positives * lower.rows;
}

function joined(lower: Block, higher: Block): Block {
  const rows = lower.rows + higher.rows;
  return { from: lower.from, to: higher.to, rows, positives: lower.positives + higher.positives };
}
