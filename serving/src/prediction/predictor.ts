import { RowTurns } from '../engine/row-turns.js';
import type { Explainer } from '../explanation/explainer.js';
import type { Reasons } from '../explanation/reasons.js';
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

interface ScoredRows {
  /** In the order in which they came. */
  readonly rows: readonly (ScoredRow | RefusedRow)[];
  /** Those that were not refused, encoded. */
  readonly matrix: Float32Array;
}

/** Rows that a request for reasons takes at most. */
export const MOST_EXPLAINED_ROWS = 100;

/** Scores rows of the training table. */
export class Predictor {
  private readonly encoder;
  private readonly threshold: number;
  private readonly turns: RowTurns;

  constructor(
    private readonly served: ServedModel,
    private readonly metrics: ServingMetrics,
    private readonly forwarding: Forwarding,
    private readonly explainer: Explainer,
  ) {
    this.encoder = rowEncoder(served.manifest);
    this.turns = new RowTurns(served.engine);
    this.threshold = served.manifest.decision.threshold;
  }

  /**
   * Scores one row; the answer may be that of another revision.
   *
   * @param listed Features to list as reasons, at most; undefined: no reasons.
   * @throws Problem 400 with every column that is wrong, 409 when reasons are asked for that the artifact can't give.
   */
  async predict(row: unknown, listed?: number): Promise<Prediction> {
    const matrix = new Float32Array(this.encoder.width);
    const outcome = this.encoder.encode(row, matrix, 0);
    if (outcome.kind === 'Refused') {
      this.metrics.rowRefused();
      throw new Problem('invalid-row', 'See errors for the columns to mend.', { errors: outcome.problems });
    }
    // Before the row is forwarded: who gets no reasons gets no prediction either.
    const [reasons] = listed === undefined ? [] : await this.explainer.explain(matrix, listed);
    const forward = this.forwarding.forward(row);
    const probability = await this.turns.score(matrix);
    const churn = probability >= this.threshold;
    const other = forward === undefined ? undefined : await forward.answer({ probability, churn });
    if (other !== undefined) return reasons === undefined ? other : this.explained(other, reasons);
    this.count(churn, outcome);
    const { revision } = this.served;
    const prediction = { revision, probability, churn, threshold: this.threshold };
    return { ...prediction, ...(reasons && { reasons }), ...warningsOf(warningsOfRow(outcome)) };
  }

  /**
   * Scores a document `{rows: [...]}`; a row that is wrong does not harm the others.
   *
   * @throws Problem 400 when the document has another shape, 413 when it has too many rows.
   */
  async predictBatch(body: unknown): Promise<BatchPrediction> {
    const { rows } = await this.score(this.rowsOf(body, this.served.maxBatchSize), this.forwarding);
    const answers = await answersOf(rows);
    const ignored = new Set<string>();
    const results = rows.map((row, position) => {
      const other = answers[position];
      if (other !== undefined) return this.resultOf(other);
      this.countRow(row);
      return batchResult(row, ignored);
    });
    return this.batchOf(results, ignored);
  }

  /**
   * Tells why this revision scores the rows of a document `{rows: [...]}` as it does. They are no predictions: nothing is forwarded, and
   * only refused rows are counted.
   *
   * @param listed Features to list of each row, at most.
   * @throws Problem 400 when the document has another shape, 409 when the artifact can't give reasons, 413 when it has too many rows.
   */
  async explain(body: unknown, listed: number): Promise<BatchPrediction> {
    const { rows, matrix } = await this.score(this.rowsOf(body, MOST_EXPLAINED_ROWS), notForwarding);
    const reasons = (await this.explainer.explain(matrix, listed)).values();
    const ignored = new Set<string>();
    const results = rows.map((row) => {
      const result = batchResult(row, ignored);
      if (row.kind === 'Encoded') return { ...result, ...reasonsOfNext(reasons) };
      this.countRow(row);
      return result;
    });
    return this.batchOf(results, ignored);
  }

  /**
   * Scores rows that another pod forwarded, and forwards none of them again.
   *
   * @param copies Whether the other pod answers the rows itself: then they are not counted as predictions.
   * @returns The result of each row, in their order; null for a row that does not fit the contract.
   */
  async scoreForPeer(rows: readonly unknown[], copies: boolean): Promise<PeerResult[]> {
    const scored = await this.score(rows, notForwarding);
    return scored.rows.map((row) => {
      if (row.kind === 'Refused') return null;
      const { probability, churn } = row;
      if (!copies) this.count(churn, row);
      return { probability, churn, ...warningsOf(warningsOfRow(row)) };
    });
  }

  private async score(rows: readonly unknown[], forwarding: Forwarding): Promise<ScoredRows> {
    const { width } = this.encoder;
    const whole = new Float32Array(rows.length * width);
    let accepted = 0;
    // A refused row leaves its place in the matrix to the next one.
    const outcomes = rows.map((row) => {
      const outcome = this.encoder.encode(row, whole, accepted * width);
      if (outcome.kind === 'Refused') return outcome;
      accepted += 1;
      return { ...outcome, forward: forwarding.forward(row) };
    });
    const matrix = whole.subarray(0, accepted * width);
    const probabilities = await this.served.engine.probabilities(matrix, accepted);
    let position = 0;
    const scored = outcomes.map((outcome) => {
      if (outcome.kind === 'Refused') return outcome;
      const probability = probabilities[position] ?? Number.NaN;
      position += 1;
      return { ...outcome, probability, churn: probability >= this.threshold };
    });
    return { rows: scored, matrix };
  }

  private batchOf(results: readonly BatchResult[], ignored: ReadonlySet<string>): BatchPrediction {
    const { revision } = this.served;
    return { revision, threshold: this.threshold, results, ...warningsOf(ignoredWarning([...ignored])) };
  }

  /** A peer's answer with this pod's reasons, where they are about the same revision. */
  private explained(other: Prediction, reasons: Reasons): Prediction {
    if (other.revision === this.served.revision) return { ...other, reasons };
    const warning = `Revision ${other.revision} answered for this customer, as the rollout under way asks; there are no reasons for its score.`;
    return { ...other, warnings: [...(other.warnings ?? []), warning] };
  }

  /** A peer's answer as a row of this pod's batch. */
  private resultOf(other: Prediction): BatchResult {
    if (other.revision !== this.served.revision) return other;
    const { probability, churn, warnings = [] } = other;
    return { probability, churn, ...warningsOf(warnings) };
  }

  private rowsOf(body: unknown, most: number): readonly unknown[] {
    if (!isBatch(body)) {
      throw new Problem('invalid-request', 'The body must be an object with one field: {"rows": [ ... ]}.');
    }
    if (body.rows.length > most) {
      throw new Problem(
        'batch-too-large',
        `A batch takes ${most} rows at most, this one has ${body.rows.length}. Send it in parts.`,
      );
    }
    return body.rows;
  }

  private countRow(row: ScoredRow | RefusedRow): void {
    if (row.kind === 'Refused') this.metrics.rowRefused();
    else this.count(row.churn, row);
  }

  /** Counts a row whose answer is this pod's own. */
  private count(churn: boolean, { unseen }: EncodedRow): void {
    this.metrics.predicted(churn);
    for (const { feature } of unseen) this.metrics.unseenCategory(feature);
  }
}

/** @param ignored Columns that the rows before did not need; those of this row are added. */
function batchResult(row: ScoredRow | RefusedRow, ignored: Set<string>): BatchResult {
  if (row.kind === 'Refused') return { errors: row.problems };
  for (const name of row.ignoredColumns) ignored.add(name);
  const { probability, churn } = row;
  return { probability, churn, ...warningsOf(unseenWarnings(row.unseen)) };
}

function reasonsOfNext(reasons: ArrayIterator<Reasons>): { reasons?: Reasons } {
  const { value } = reasons.next();
  return value === undefined ? {} : { reasons: value };
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
