import {
  MAX_FINDINGS,
  MAX_REPORTED_COLUMNS,
  type ColumnReport,
  type DataFinding,
  type DataReport,
} from '@churnops/crds';
import type { ColumnShape } from '../features/infer-features.js';
import type { JudgedColumns } from '../leak/judge-columns.js';
import type { RowContents } from '../split/row-contents.js';
import type { CellCodes } from './cell-codes.js';
import type { Table } from './table.js';

/** Share of rows that repeat another one from which on that is worth a word. */
const NOTABLE_REPEATS = 0.01;

/** From so many rows on, with so many of either class, figures on the held-out fifth mean something. */
const ENOUGH_ROWS = 1000;
const ENOUGH_OF_A_CLASS = 100;

interface ReportedTable {
  /** The used rows. */
  readonly table: Table;
  readonly shapes: ReadonlyMap<string, ColumnShape>;
  readonly judged: JudgedColumns;
  readonly labels: Float32Array;
  readonly repeatedRows: number;
}

/** Tells what was found in a table and what its columns are like, cut to what fits an artifact. */
export function dataReport(reported: ReportedTable): DataReport {
  const findings = [...reported.judged.findings, ...repeats(reported), ...fewRows(reported)];
  return {
    findings: findings.toSorted((a, b) => severity.indexOf(a.kind) - severity.indexOf(b.kind)).slice(0, MAX_FINDINGS),
    columns: columnReports(reported)
      .toSorted((a, b) => (b.auc ?? 0) - (a.auc ?? 0))
      .slice(0, MAX_REPORTED_COLUMNS),
  };
}

/** The gravest first. */
const severity = [
  'LeakingColumn',
  'SuspectColumn',
  'DuplicateRows',
  'TooFewRows',
  'FutureName',
] as const satisfies readonly DataFinding['kind'][];

/** Rows that repeat an earlier one in features, label and, where there is one, customer. */
export function countRepeats({ contentOf, count }: RowContents, labels: Float32Array, entities?: CellCodes): number {
  if (count === contentOf.length) return 0;
  const customers = 1 + (entities?.texts.length ?? 0);
  const seen = new Set<number>();
  for (const [row, content] of contentOf.entries()) {
    const customer = 1 + (entities?.codes[row] ?? -1);
    seen.add((2 * content + (labels[row] ?? 0)) * customers + customer);
  }
  return contentOf.length - seen.size;
}

function repeats({ table, repeatedRows }: ReportedTable): DataFinding[] {
  const share = repeatedRows / table.rows;
  if (share < NOTABLE_REPEATS) return [];
  const message = `${repeatedRows} of ${table.rows} rows (${(share * 100).toFixed(1)} %) repeat another row in all features and the label. They count more than others do: is a customer in the table more than once?`;
  return [{ kind: 'DuplicateRows', message }];
}

function fewRows({ labels }: ReportedTable): DataFinding[] {
  const leavers = labels.reduce((sum, label) => sum + label, 0);
  const scarce = Math.min(leavers, labels.length - leavers);
  if (labels.length >= ENOUGH_ROWS && scarce >= ENOUGH_OF_A_CLASS) return [];
  const message = `The table has ${labels.length} rows, ${leavers} of customers who left: figures on the fifth that is held out vary by chance. Of ${ENOUGH_ROWS} rows with ${ENOUGH_OF_A_CLASS} of each kind on they mean something.`;
  return [{ kind: 'TooFewRows', message }];
}

function columnReports({ table, shapes, judged }: ReportedTable): ColumnReport[] {
  return table.columns.flatMap(({ name, readAs }): ColumnReport[] => {
    const shape = shapes.get(name);
    if (shape === undefined) return [];
    const figure = judged.figures.get(name);
    return [
      {
        name,
        missingShare: rounded(shape.missingShare),
        distinct: shape.distinct,
        ...(figure && { auc: rounded(figure.auc), aucLowerBound: rounded(figure.lowerBound) }),
        ...(readAs !== undefined && { readAs: readAs.slice(0, 256) }),
      },
    ];
  });
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
