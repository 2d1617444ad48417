import { RowTurns } from '../engine/row-turns.js';
import { Problem } from '../http/problem.js';
import type { ServingMetrics } from '../metrics/serving-metrics.js';
import type { FieldProblem, RowOutcome, UnseenCategory } from '../model/row-encoder.js';
import { rowEncoder } from '../model/row-encoder.js';
import type { Forward, Forwarding } from '../routing/forwarding.js';
import { notForwarding } from '../routing/forwarding.js';
import type { PeerResult } from '../routing/peer-messages.js';
import type { Prediction } from './prediction.js';
import type { ServedModel } from './served-model.js';

/**
 * What became of one row of a batch: scored, or refused with the reasons. Revision and threshold stand here when another
 * revision answered than for the batch.
 */
export type BatchResult =
  (Omit<Prediction, 'revision' | 'threshold'> & Partial<Prediction>) | { readonly errors: readonly FieldProblem[] };

export interface BatchPrediction {
  readonly revision: string;
  readonly threshold: number;
  /** In the order of the rows. */
  readonly results: readonly BatchResult[];
  readonly warnings?: readonly string[];
}

type EncodedRow = Extract<RowOutcome, { kind: 'Encoded' }>;
type RefusedRow = Extract<RowOutcome, { kind: 'Refused' }>;

interface ScoredRow extends EncodedRow {
  readonly probability: number;
  readonly churn: boolean;
  /** Undefined: nobody else was asked. */
  readonly forward: Forward | undefined;
}

/** Scores rows of the training table. */
export class Predictor {
  private readonly encoder;
  private readonly threshold: number;
  private readonly turns: RowTurns;

  constructor(
    private readonly served: ServedModel,
    private readonly metrics: ServingMetrics,
    private readonly forwarding: Forwarding,
  ) {
    this.encoder = rowEncoder(served.manifest);
    this.turns = new RowTurns(served.engine);
    this.threshold = served.manifest.decision.threshold;
  }

  /**
   * Scores one row; the answer may be that of another revision.
   *
   * @throws Problem 400 with every column that is wrong.
   */
  async predict(row: unknown): Promise<Prediction> {
    const matrix = new Float32Array(this.encoder.width);
    const outcome = this.encoder.encode(row, matrix, 0);
    if (outcome.kind === 'Refused') {
      this.metrics.rowRefused();
      throw new Problem('invalid-row', 'See errors for the columns to mend.', { errors: outcome.problems });
    }
    const forward = this.forwarding.forward(row);
    const probability = await this.turns.score(matrix);
    const churn = probability >= this.threshold;
    const other = forward === undefined ? undefined : await forward.answer({ probability, churn });
    if (other !== undefined) return other;
    this.count(churn, outcome);
    const { revision } = this.served;
    return { revision, probability, churn, threshold: this.threshold, ...warningsOf(warningsOfRow(outcome)) };
  }

  /**
   * Scores a document `{rows: [...]}`; a row that is wrong does not harm the others.
   *
   * @throws Problem 400 when the document has another shape, 413 when it has too many rows.
   */
  async predictBatch(body: unknown): Promise<BatchPrediction> {
    const rows = await this.score(this.rowsOf(body), this.forwarding);
    const answers = await answersOf(rows);
    const ignored = new Set<string>();
    const results = rows.map((row, position) => this.batchResult(row, answers[position], ignored));
    const { revision } = this.served;
    return { revision, threshold: this.threshold, results, ...warningsOf(ignoredWarning([...ignored])) };
  }

  /**
   * Scores rows that another pod forwarded, and forwards none of them again.
   *
   * @param copies Whether the other pod answers the rows itself: then they are not counted as predictions.
   * @returns The result of each row, in their order; null for a row that does not fit the contract.
   */
  async scoreForPeer(rows: readonly unknown[], copies: boolean): Promise<PeerResult[]> {
    const scored = await this.score(rows, notForwarding);
    return scored.map((row) => {
      if (row.kind === 'Refused') return null;
      const { probability, churn } = row;
      if (!copies) this.count(churn, row);
      return { probability, churn, ...warningsOf(warningsOfRow(row)) };
    });
  }

  private async score(rows: readonly unknown[], forwarding: Forwarding): Promise<(ScoredRow | RefusedRow)[]> {
    const { width } = this.encoder;
    const matrix = new Float32Array(rows.length * width);
    let accepted = 0;
    // A refused row leaves its place in the matrix to the next one.
    const outcomes = rows.map((row) => {
      const outcome = this.encoder.encode(row, matrix, accepted * width);
      if (outcome.kind === 'Refused') return outcome;
      accepted += 1;
      return { ...outcome, forward: forwarding.forward(row) };
    });
    const probabilities = await this.served.engine.probabilities(matrix.subarray(0, accepted * width), accepted);
    let position = 0;
    return outcomes.map((outcome) => {
      if (outcome.kind === 'Refused') return outcome;
      const probability = probabilities[position] ?? Number.NaN;
      position += 1;
      return { ...outcome, probability, churn: probability >= this.threshold };
    });
  }

  private batchResult(row: ScoredRow | RefusedRow, other: Prediction | undefined, ignored: Set<string>): BatchResult {
    if (row.kind === 'Refused') {
      this.metrics.rowRefused();
      return { errors: row.problems };
    }
    if (other !== undefined) return this.resultOf(other);
    this.count(row.churn, row);
    for (const name of row.ignoredColumns) ignored.add(name);
    const { probability, churn } = row;
    return { probability, churn, ...warningsOf(unseenWarnings(row.unseen)) };
  }

  /** A peer's answer as a row of this pod's batch. */
  private resultOf(other: Prediction): BatchResult {
    if (other.revision !== this.served.revision) return other;
    const { probability, churn, warnings = [] } = other;
    return { probability, churn, ...warningsOf(warnings) };
  }

  private rowsOf(body: unknown): readonly unknown[] {
    const { maxBatchSize } = this.served;
    if (!isBatch(body)) {
      throw new Problem('invalid-request', 'The body must be an object with one field: {"rows": [ ... ]}.');
    }
    if (body.rows.length > maxBatchSize) {
      throw new Problem(
        'batch-too-large',
        `A batch takes ${maxBatchSize} rows at most, this one has ${body.rows.length}. Send it in parts.`,
      );
    }
    return body.rows;
  }

  /** Counts a row whose answer is this pod's own. */
  private count(churn: boolean, { unseen }: EncodedRow): void {
    this.metrics.predicted(churn);
    for (const { feature } of unseen) this.metrics.unseenCategory(feature);
  }
}

/** What peers answered instead of this pod, by the position of the row. Costs nothing where nothing was forwarded. */
async function answersOf(rows: readonly (ScoredRow | RefusedRow)[]): Promise<(Prediction | undefined)[]> {
  if (!rows.some((row) => forwardOf(row) !== undefined)) return [];
  return Promise.all(rows.map(async (row) => (row.kind === 'Encoded' ? row.forward?.answer(row) : undefined)));
}

function forwardOf(row: ScoredRow | RefusedRow): Forward | undefined {
  return row.kind === 'Encoded' ? row.forward : undefined;
}

function isBatch(body: unknown): body is { rows: unknown[] } {
  if (typeof body !== 'object' || body === null || !('rows' in body)) return false;
  return Array.isArray(body.rows) && Object.keys(body).length === 1;
}

function warningsOfRow({ ignoredColumns, unseen }: EncodedRow): string[] {
  return [...ignoredWarning(ignoredColumns), ...unseenWarnings(unseen)];
}

function ignoredWarning(columns: readonly string[]): string[] {
  return columns.length === 0 ? [] : [`The model does not use these columns: ${columns.join(', ')}.`];
}

function unseenWarnings(unseen: readonly UnseenCategory[]): string[] {
  return unseen.map(({ feature, value }) => `${feature}: "${value}" was not in the training data and counts as other.`);
}

function warningsOf(warnings: readonly string[]): { warnings?: readonly string[] } {
  return warnings.length === 0 ? {} : { warnings };
}
