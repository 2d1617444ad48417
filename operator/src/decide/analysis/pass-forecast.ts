import { passEvidence } from './comparison.js';
import type { Comparison, ComparisonRule, Margins } from './comparison.js';
import { expectedShare } from './control-rate.js';
import type { Block, Tally } from './tally.js';

/** Beyond so many blocks nobody waits for a Pass: four weeks of looks every ten seconds. */
const MAX_BLOCKS = 250_000;

/**
 * About how many more requests of the candidate a Pass needs when everything goes on as it did in this step; undefined when that
 * would not lead to one, or nothing was seen in this step. For a message: no decision hangs on it.
 */
export function requestsToPass(
  { pass, step, earlier }: Comparison,
  { passMargin, alphaPass, minRequests }: ComparisonRule & Pick<Margins, 'passMargin'>,
): number | undefined {
  if (pass.blocks === 0) return undefined;
  const block = average(step, pass.blocks);
  const logEs = [0, ...passEvidence(block, expectedShare(earlier), passMargin)];
  const missing = -Math.log(alphaPass) - pass.logE;
  // What the mixture grows to in so many equal blocks, but for the small part that is spread anew after each.
  const grown = (blocks: number) => {
    return Math.log(pass.v.reduce((sum, part, index) => sum + part * Math.exp(blocks * (logEs[index] ?? 0)), 0));
  };
  const blocks = firstReaching((count) => grown(count) >= missing);
  if (blocks === undefined) return undefined;
  return Math.max(blocks * block.candidate.n, minRequests - step.candidate.n);
}

/** The smallest number for which it is reached, which it then is for all larger ones. */
function firstReaching(isReached: (count: number) => boolean): number | undefined {
  if (!isReached(MAX_BLOCKS)) return undefined;
  let [below, reached] = [0, MAX_BLOCKS];
  while (reached - below > 1) {
    const middle = Math.floor((below + reached) / 2);
    if (isReached(middle)) reached = middle;
    else below = middle;
  }
  return reached;
}

function average({ candidate, control }: Block, blocks: number): Block {
  const part = ({ n, x }: Tally) => ({ n: n / blocks, x: x / blocks });
  return { candidate: part(candidate), control: part(control) };
}
