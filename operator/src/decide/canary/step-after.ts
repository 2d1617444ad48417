import type { RolloutStatus } from '@churnops/crds';

/** The step to go to, by its number from 1: the first one with a larger share, since the list may have changed. Undefined: Full. */
export function stepAfter<Step extends { readonly percent: number }>(
  { stage, percent }: Pick<RolloutStatus, 'stage' | 'percent'>,
  steps: readonly Step[],
): { readonly number: number; readonly step: Step } | undefined {
  const share = stage === 'Shadow' ? 0 : percent;
  const index = steps.findIndex((step) => step.percent > share);
  const step = steps[index];
  return step && { number: index + 1, step };
}
