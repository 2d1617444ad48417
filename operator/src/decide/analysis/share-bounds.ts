import type { Block, Tally } from './tally.js';

export type Bounds = readonly [low: number, high: number];

const MAX_BISECTIONS = 100;

/**
 * Bounds on a share that hold at all looks at once with probability 1 - alpha (beta-binomial). To be shown only: they take the share
 * for constant since the start, are wider than the tests, and can disagree with them while shares drift. Section 5.
 */
export function shareBounds({ n, x }: Tally, alpha: number): Bounds {
  if (n <= 0) return [0, 1];
  const marginal = logBeta(x + 0.5, n - x + 0.5) - Math.log(Math.PI);
  const isRejected = (share: number) => marginal - logLikelihood({ n, x }, share) >= -Math.log(alpha);
  return [x === 0 ? 0 : lastRejected(0, x / n, isRejected), x === n ? 1 : lastRejected(1, x / n, isRejected)];
}

/** Bounds on the candidate's share minus that of the control group, in the same sense. */
export function differenceBounds({ candidate, control }: Block, alpha: number): Bounds {
  const [lowest, highest] = shareBounds(candidate, alpha / 2);
  const [least, most] = shareBounds(control, alpha / 2);
  return [lowest - most, highest - least];
}

/** Between a share that is rejected and one that isn't: the rejected one nearest to the other. */
function lastRejected(rejected: number, accepted: number, isRejected: (share: number) => boolean): number {
  let [out, inside] = [rejected, accepted];
  for (let round = 0; round < MAX_BISECTIONS; round += 1) {
    const middle = 0.5 * (out + inside);
    if (middle === out || middle === inside) break;
    if (isRejected(middle)) out = middle;
    else inside = middle;
  }
  return out;
}

function logLikelihood({ n, x }: Tally, share: number): number {
  return (x > 0 ? x * Math.log(share) : 0) + (n - x > 0 ? (n - x) * Math.log1p(-share) : 0);
}

/** By the remainders of Stirling's formula: with a million requests the difference of log gammas would cancel out. */
function logBeta(a: number, b: number): number {
  const n = a + b;
  return (
    (a - 0.5) * Math.log(a / n) +
    (b - 0.5) * Math.log(b / n) -
    0.5 * Math.log(n) +
    0.5 * Math.log(2 * Math.PI) +
    stirlingRemainder(a) +
    stirlingRemainder(b) -
    stirlingRemainder(n)
  );
}

/** ln Gamma(z) - ((z - 1/2) ln z - z + ln(2 pi) / 2), z > 0. */
function stirlingRemainder(z: number): number {
  let remainder = 0;
  let at = z;
  for (; at < 10; at += 1) remainder += (at + 0.5) * Math.log1p(1 / at) - 1;
  const w = 1 / (at * at);
  return remainder + (1 / at) * (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680 - w / 1188))));
}
