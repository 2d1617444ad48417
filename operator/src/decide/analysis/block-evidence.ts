import type { Block, Tally } from './tally.js';

/** What a bet is on: these shares of failures (0 to 1) in the two groups. */
export interface Alternative {
  readonly candidate: number;
  readonly control: number;
}

/** Halving an interval of doubles more often changes nothing. */
const MAX_BISECTIONS = 80;

/**
 * The share of the control group at the point of the null's edge (candidate = control + margin) that is nearest to the
 * alternative, in relative entropy weighed by the sizes of the groups. Both signs of candidate - control - margin work. Section 1.
 */
export function nearestNull(sizes: Alternative, { candidate, control }: Alternative, margin: number): number {
  let low = Math.max(Math.min(control, candidate - margin), 0, -margin);
  let high = Math.min(Math.max(control, candidate - margin), 1, 1 - margin);
  for (let round = 0; round < MAX_BISECTIONS; round += 1) {
    const t = 0.5 * (low + high);
    if (t <= low || t >= high) break;
    const u = t + margin;
    // The derivative grows with t: the nearest point is where it is 0.
    const slope = (sizes.candidate * (u - candidate)) / (u * (1 - u)) + (sizes.control * (t - control)) / (t * (1 - t));
    if (slope < 0) low = t;
    else high = t;
  }
  return 0.5 * (low + high);
}

/**
 * The log e-value of one block against the null whose edge is candidate = control + margin: an alternative above the edge speaks
 * against "not worse", one below against "worse". Only sums are used, so the order inside a block does not matter. Section 1.
 */
export function blockEvidence({ candidate, control }: Block, alternative: Alternative, margin: number): number {
  const t = nearestNull({ candidate: candidate.n, control: control.n }, alternative, margin);
  const u = t + margin;
  if (!isInside(t) || !isInside(u)) return 0;
  return limitEvidence(candidate, alternative.candidate, u) + limitEvidence(control, alternative.control, t);
}

/** The log e-value of `x` of `n` for the share `alternative` against the share `limit`, both inside (0, 1). Section 1b. */
export function limitEvidence({ n, x }: Tally, alternative: number, limit: number): number {
  return x * Math.log(alternative / limit) + (n - x) * Math.log((1 - alternative) / (1 - limit));
}

function isInside(share: number): boolean {
  return share > 0 && share < 1;
}
