import type { ForwardGroup } from '@churnops/crds';

const HASHES = 2 ** 32;

/**
 * The group of a customer, by a hash below 2^32 that is salted with the candidate's name. The candidate takes customers from
 * the lower end and the control group from the upper one, so that each only gains customers while the share rises to 50 %.
 * Beyond, the control group is what the candidate leaves.
 */
export function groupOf(hash: number, percent: number): ForwardGroup | undefined {
  const position = hash * 100;
  if (position < percent * HASHES) return 'Candidate';
  const controlPercent = Math.min(percent, 100 - percent);
  return position >= (100 - controlPercent) * HASHES ? 'Control' : undefined;
}
