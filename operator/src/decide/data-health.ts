import { conditionTypes, reasons } from '@churnops/crds';
import type { DataFinding } from '@churnops/crds';
import type { Revision, World } from '../world.js';
import type { Action } from './action.js';
import type { Verdict } from './revision-status.js';
import type { Failure } from './training-result.js';

/** The reasons of the condition. That a name sounds like the future is for the report only. */
const problems: readonly string[] = [
  reasons.leakingColumn,
  reasons.suspectColumn,
  reasons.duplicateRows,
  reasons.tooFewRows,
];

/** A table with so many leaks was joined with the wrong one: the status has them all. */
const MAX_EVENTS = 8;

/** What is to be told of the table that a revision was trained on; nothing when its report is of release 0.1.0. */
export function dataHealth(revision: Revision, findings: readonly DataFinding[] | undefined): readonly Verdict[] {
  if (findings === undefined) return [];
  const type = conditionTypes.dataHealthy;
  const found = findings.filter(({ kind }) => problems.includes(kind));
  const [gravest] = found;
  if (gravest === undefined) {
    const message = `Nothing was found in the table of revision ${revision.name}.`;
    return [{ type, status: 'True', reason: reasons.noProblemFound, message }];
  }
  const message = [`Revision ${revision.name}:`, ...found.map(({ message: said }) => said)].join(' ');
  return [{ type, status: 'False', reason: gravest.kind, message }];
}

/** What is to be told of a table that no model was trained on, for what is in it. */
export function refusedData(
  revision: Revision,
  { finding, message }: Pick<Failure, 'finding' | 'message'>,
): readonly Verdict[] {
  if (finding === undefined) return [];
  const type = conditionTypes.dataHealthy;
  return [{ type, status: 'False', reason: finding, message: `Revision ${revision.name}: ${message}` }];
}

/** An event for each column that was left out because it gives the label away. */
export function leakEvents(world: World, revision: Revision, findings: readonly DataFinding[] = []): readonly Action[] {
  if (world.model.spec.training.leakPolicy === 'Keep') return [];
  const leaks = findings.filter(({ kind }) => kind === 'LeakingColumn').slice(0, MAX_EVENTS);
  return leaks.map(({ message }) => ({
    kind: 'Tell',
    event: { type: 'Warning', reason: 'LeakingColumnExcluded', note: `Revision ${revision.name}: ${message}` },
  }));
}
