import type { DataFinding, Feature, LeakPolicy } from '@churnops/crds';
import type { Table } from '../dataset/table.js';
import { dataRefused } from '../failure.js';
import { binColumn } from './binned-column.js';
import { crossFittedAuc, type ColumnAuc } from './cross-fitted-auc.js';
import { isNamedLikeFuture } from './future-name.js';

/** From here on a column alone tells too much. The largest honest column over 11 public tables has 0.856, known leaks 0.998 and more. */
const LEAK_AUC = 0.95;

export interface JudgedColumns {
  /** By name, of each feature. */
  readonly figures: ReadonlyMap<string, ColumnAuc>;
  /** Leaks that are not used, with the reason; empty with `Keep`. */
  readonly excluded: ReadonlyMap<string, string>;
  readonly findings: readonly DataFinding[];
}

interface Rows {
  readonly labels: Float32Array;
  /** Rows of one customer, and equal rows, are in one fold. */
  readonly fold: Uint8Array;
}

/**
 * Finds the columns that give the label away, each by its own figure over all used rows.
 *
 * @throws TrainingProblem (DataInvalid) that names them, when the policy is `Reject`.
 */
export function judgeColumns(
  table: Table,
  features: readonly Feature[],
  rows: Rows,
  policy: LeakPolicy = 'Exclude',
): JudgedColumns {
  const figures = new Map(features.map((feature) => [feature.name, figureOf(table, feature, rows)]));
  const leaks = [...figures].filter(([, { lowerBound }]) => lowerBound >= LEAK_AUC);
  if (policy === 'Reject' && leaks.length > 0) throw rejected(leaks);
  const suspects = [...figures].filter(([, { auc, lowerBound }]) => auc >= LEAK_AUC && lowerBound < LEAK_AUC);
  const excluded = policy === 'Keep' ? [] : leaks;
  return {
    figures,
    excluded: new Map(
      excluded.map(([name, figure]) => [name, `it gives the label away: alone it has ${told(figure)}`]),
    ),
    findings: [
      ...leaks.map(([name, figure]) => leakFinding(name, figure, policy)),
      ...suspects.map(([name, figure]) => suspectFinding(name, figure)),
      ...features.filter(({ name }) => isNamedLikeFuture(name)).map(({ name }) => futureFinding(name)),
    ],
  };
}

function figureOf(table: Table, feature: Feature, rows: Rows): ColumnAuc {
  const column = table.columns.find(({ name }) => name === feature.name);
  if (column === undefined) throw new Error(`The table has no column ${feature.name}`);
  return crossFittedAuc(binColumn(column, feature), rows);
}

function told({ auc, lowerBound }: ColumnAuc): string {
  // Cut, not rounded: a bound just below the limit must not read as the limit.
  const cut = (value: number) => (Math.floor(value * 1e4) / 1e4).toFixed(4);
  return `ROC AUC ${cut(auc)}, lower 95 % bound ${cut(lowerBound)}`;
}

function leakFinding(name: string, figure: ColumnAuc, policy: LeakPolicy): DataFinding {
  const start = `Column "${name}" gives the label away: alone it has ${told(figure)}.`;
  const used =
    'It is used, as leakPolicy Keep asks: if it is filled only when a customer has left, all figures are too good.';
  const unused =
    'It is not used. If it is known before a customer leaves, set leakPolicy to Keep; else list it in excludeColumns.';
  return { kind: 'LeakingColumn', column: name, message: `${start} ${policy === 'Keep' ? used : unused}` };
}

function suspectFinding(name: string, figure: ColumnAuc): DataFinding {
  const start = `Column "${name}" may give the label away: alone it has ${told(figure)}, and is used.`;
  const advice = 'If it is filled only when a customer has left, list it in excludeColumns.';
  return { kind: 'SuspectColumn', column: name, message: `${start} ${advice}` };
}

function futureFinding(name: string): DataFinding {
  const message = `Column "${name}" is named like something that is known only after a customer has left: if so, list it in excludeColumns.`;
  return { kind: 'FutureName', column: name, message };
}

function rejected(leaks: readonly (readonly [string, ColumnAuc])[]): Error {
  const shown = leaks.slice(0, 5).map(([name, figure]) => `"${name}" (${told(figure)})`);
  const rest = leaks.length > shown.length ? ` and ${leaks.length - shown.length} more` : '';
  const subject = leaks.length === 1 ? 'Column' : 'Columns';
  return dataRefused(
    'LeakingColumn',
    `${subject} ${shown.join(', ')}${rest} ${leaks.length === 1 ? 'gives' : 'give'} the label away, and leakPolicy is Reject: list what is filled only when a customer has left in excludeColumns, or set leakPolicy to Keep.`,
  );
}
