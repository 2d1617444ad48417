import type { RolloutStatus } from '@churnops/crds';
import type { Revision, World } from '../../world.js';
import { rolloutOnTheWay } from './rollout-facts.js';

/** Where the rollout of a revision is, and what it waits for, in sentences; undefined when there is none. */
export function rolloutMessage(world: World, revision: Revision): string | undefined {
  const rollout = rolloutOnTheWay(revision);
  if (rollout === undefined) return undefined;
  const { message } = rollout;
  return `${placeOf(world, revision.name, rollout)}.${message === undefined ? '' : ` ${sentence(message)}`}`;
}

function placeOf(world: World, name: string, { stage, step, percent, sizePercent }: RolloutStatus): string {
  if (sizePercent > percent) return `Revision ${name} gets its pods for ${sizePercent} % of the rows`;
  const { steps } = world.model.spec.rollout;
  switch (stage) {
    case 'Shadow':
      return `Revision ${name} gets copies of ${percent} % of the rows`;
    case 'Canary':
      return `Revision ${name} answers ${percent} % of the customers, in step ${step} of ${steps.length}`;
    case 'Full':
    case 'Baking':
    case 'Complete':
    case 'RolledBack':
      return `Revision ${name} answers ${percent} % of the customers`;
  }
}

/** With a full stop at the end. */
function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
