import type { Manifest } from '@churnops/crds';
import { UsageError } from '../commands/usage-error.js';
import type { LoadedModel } from '../model/load-model.js';
import { rowEncoder, type FieldProblem } from '../model/row-encoder.js';
import type { CustomerList, ListRow } from './customer-list.js';
import type { LeftOutRows } from './left-out-rows.js';
import { Probabilities } from './ranking.js';

/** What the first reading of a list found. */
export interface ScoredList {
  /** Probabilities of the rows that were scored, in the order of the list. */
  readonly probabilities: Probabilities;
  /** One bit a row of the list: whether it was scored. */
  readonly scored: RowMarks;
  /** Values of categories that training never saw, by feature. */
  readonly unseen: ReadonlyMap<string, number>;
}

/** One bit for each row of a list. */
class RowMarks {
  private bits = new Uint8Array(1024);
  private used = 0;

  get length(): number {
    return this.used;
  }

  push(mark: boolean): void {
    if (this.used >> 3 === this.bits.length) {
      const larger = new Uint8Array(this.bits.length * 2);
      larger.set(this.bits);
      this.bits = larger;
    }
    if (mark) this.bits[this.used >> 3] = (this.bits[this.used >> 3] ?? 0) | (1 << (this.used & 7));
    this.used += 1;
  }

  at(row: number): boolean {
    return ((this.bits[row >> 3] ?? 0) & (1 << (row & 7))) !== 0;
  }
}

interface Scoring {
  readonly model: LoadedModel;
  readonly list: CustomerList;
  readonly batchSize: number;
  readonly leftOut: LeftOutRows;
  readonly onBatch: (rows: number, share: number) => void;
}

/**
 * Scores every row of a list, batch by batch: 4 bytes and a bit a row are kept. Rows that break the feature contract are
 * left out and reported.
 *
 * @throws UsageError when a column that the model needs is nowhere in the list.
 */
export async function scoreList(scoring: Scoring): Promise<ScoredList> {
  const { model, list, batchSize } = scoring;
  const { manifest, engine } = model;
  const names = manifest.features.map(({ name }) => name);
  if (list.columns !== undefined) requireColumns(names, new Set(list.columns));
  const encode = listEncoder(manifest, list, scoring.leftOut);
  const matrix = new Float32Array(batchSize * manifest.model.width);
  const result = { probabilities: new Probabilities(), scored: new RowMarks(), unseen: encode.unseen };
  let filled = 0;
  const flush = async () => {
    result.probabilities.push(await engine.probabilities(matrix.subarray(0, filled * encode.width), filled));
    filled = 0;
    scoring.onBatch(result.scored.length, list.progress());
  };
  for await (const row of list.rows()) {
    const scored = encode.row(row, matrix, filled * encode.width);
    result.scored.push(scored);
    if (scored) filled += 1;
    if (filled === batchSize) await flush();
  }
  await flush();
  if (list.columns === undefined && result.scored.length > 0) requireColumns(names, encode.seenColumns);
  return result;
}

function requireColumns(names: readonly string[], columns: ReadonlySet<string>): void {
  const absent = names.filter((name) => !columns.has(name)).map((name) => `"${name}"`);
  if (absent.length === 0) return;
  const what = absent.length === 1 ? 'the column' : 'the columns';
  throw new UsageError(`The list lacks ${what} ${absent.join(', ')}, which the model was trained on.`);
}

/** Reads rows of a list into a matrix; a list may have any other columns, since lists grow columns over time. */
function listEncoder(manifest: Manifest, list: CustomerList, leftOut: LeftOutRows) {
  const encoder = rowEncoder(manifest, list.source);
  const names = manifest.features.map(({ name }) => name);
  const unseen = new Map<string, number>();
  const seenColumns = new Set<string>();
  return {
    width: encoder.width,
    unseen,
    seenColumns,
    /** Whether the row could be encoded. */
    row(row: ListRow, matrix: Float32Array, start: number): boolean {
      if ('problem' in row) {
        leftOut.add(row.line, row.problem);
        return false;
      }
      const present = names.filter((name) => Object.hasOwn(row.cells, name));
      if (seenColumns.size < names.length) for (const name of present) seenColumns.add(name);
      const cells = Object.fromEntries(present.map((name) => [name, row.cells[name]]));
      const outcome = encoder.encode(cells, matrix, start);
      if (outcome.kind === 'Refused') {
        leftOut.add(row.line, outcome.problems.map(problemText).join('; '));
        return false;
      }
      for (const { feature } of outcome.unseen) unseen.set(feature, (unseen.get(feature) ?? 0) + 1);
      return true;
    },
  };
}

function problemText({ field, message }: FieldProblem): string {
  return `${field} ${message}`;
}
