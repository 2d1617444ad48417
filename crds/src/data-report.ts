import { z } from 'zod';
import { ColumnName } from './scalars.js';

/** Findings and columns that a report has at most, so that wide tables still fit a ConfigMap. */
export const MAX_FINDINGS = 64;
export const MAX_REPORTED_COLUMNS = 256;

/** What is done with a column that gives the label away. Default: `Exclude`. */
export const LeakPolicy = z.enum(['Exclude', 'Reject', 'Keep']);
export type LeakPolicy = z.infer<typeof LeakPolicy>;

/** Something about the table that a person should look at. */
export const DataFinding = z.strictObject({
  /**
   * - `LeakingColumn`: the column alone tells who left: the lower 95 % bound of its AUC is 0.95 or more.
   * - `SuspectColumn`: its AUC is 0.95 or more, but the bound is not.
   * - `DuplicateRows`: many rows repeat another one, label included.
   * - `TooFewRows`: figures on so few rows mean little.
   * - `FutureName`: the column is named like something that is known only after a customer has left.
   */
  kind: z.enum(['LeakingColumn', 'SuspectColumn', 'DuplicateRows', 'TooFewRows', 'FutureName']),
  column: ColumnName.optional(),
  /** One or more sentences that name the column and the figure, and what to do. */
  message: z.string().max(1024),
});
export type DataFinding = z.infer<typeof DataFinding>;

/** What the values of a column are like, over the used rows. */
export const ColumnReport = z.strictObject({
  name: ColumnName,
  missingShare: z.number().min(0).max(1),
  /** Distinct values, missing not counted. */
  distinct: z.int().min(0),
  /** Cross-fitted ROC AUC of the column alone, with its lower 95 % bound; only of columns that could be features. */
  auc: z.number().min(0).max(1).optional(),
  aucLowerBound: z.number().min(0).max(1).optional(),
  /** How cells were read that are not spelled as numbers or dates of the contract. */
  readAs: z.string().max(256).optional(),
});
export type ColumnReport = z.infer<typeof ColumnReport>;

/** What was found in the table, the gravest first, and what its columns are like, those with the highest AUC first. */
export const DataReport = z.strictObject({
  findings: z.array(DataFinding).max(MAX_FINDINGS),
  columns: z.array(ColumnReport).max(MAX_REPORTED_COLUMNS),
});
export type DataReport = z.infer<typeof DataReport>;
