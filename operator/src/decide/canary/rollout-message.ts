import { annotations, reasons } from '@churnops/crds';
import type { RolloutStatus } from '@churnops/crds';
import type { Revision, World } from '../../world.js';
import { rolloutOnTheWay } from './rollout-facts.js';
import { stepAfter } from './step-after.js';

/** Where the rollout of a revision is, and what it waits for, in sentences; undefined when there is none. */
export function rolloutMessage(world: World, revision: Revision): string | undefined {
  const rollout = rolloutOnTheWay(revision);
  if (rollout === undefined) return undefined;
  const { message } = rollout;
  const why = message === undefined ? '' : ` ${sentence(message)}`;
  return `${placeOf(world, revision.name, rollout)}.${why}${approval(world, revision, rollout)}`;
}

/** The command that lets it go on, where it waits for one. */
function approval(world: World, { name }: Revision, rollout: RolloutStatus): string {
  const { reason, heard } = rollout;
  if (reason !== reasons.awaitingApproval && reason !== reasons.contractChanged) return '';
  const wanted = `approve-${stepAfter(rollout, world.model.spec.rollout.steps)?.number ?? 1}`;
  if (heard !== wanted) return ` To approve: ${verdictCommand(world, name, `=${wanted}`)}`;
  // To set what is set already would change nothing.
  return ` Its ${wanted} is of an attempt before. Take that away, and you are told how to approve: ${verdictCommand(world, name, '-')}`;
}

/** The command by which people decide about a revision: `=` and a verdict, or `-` to take it away. */
export function verdictCommand({ model }: World, revision: string, change: `=${string}` | '-'): string {
  const { namespace } = model.key;
  return `kubectl annotate --overwrite -n ${namespace} churnrev ${revision} ${annotations.verdict}${change}`;
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
