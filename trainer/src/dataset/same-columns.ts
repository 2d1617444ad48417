import { dataInvalid } from '../failure.js';

interface FileColumns {
  /** Of the file, in messages. */
  readonly name: string;
  readonly names: readonly string[];
}

/**
 * Two files of one table must have the same columns; the order is not looked at.
 *
 * @throws TrainingProblem (DataInvalid) that names the file and the column.
 */
export function checkSameColumns(first: FileColumns, other: FileColumns): void {
  for (const [one, another] of [
    [first, other],
    [other, first],
  ] as const) {
    const missing = one.names.find((name) => !another.names.includes(name));
    if (missing === undefined) continue;
    throw dataInvalid(
      `${another.name} has no column "${missing}", which ${one.name} has: all files of a table need the same columns.`,
    );
  }
}
