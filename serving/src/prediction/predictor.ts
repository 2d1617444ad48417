import { Problem } from '../http/problem.js';
import type { ServingMetrics } from '../metrics/serving-metrics.js';
import type { FieldProblem, RowOutcome, UnseenCategory } from '../model/row-encoder.js';
import { rowEncoder } from '../model/row-encoder.js';
import type { ServedModel } from './served-model.js';

/** The answer for one customer. */
export interface Prediction {
  readonly revision: string;
  /** Probability of leaving, 0 to 1. */
  readonly probability: number;
  /** Whether the probability reaches the threshold. */
  readonly churn: boolean;
  readonly threshold: number;
  readonly warnings?: readonly string[];
}

/** What became of one row of a batch: scored, or refused with the reasons. */
export type BatchResult =
  | { readonly probability: number; readonly churn: boolean; readonly warnings?: readonly string[] }
  | { readonly errors: readonly FieldProblem[] };

export interface BatchPrediction {
  readonly revision: string;
  readonly threshold: number;
  /** In the order of the rows. */
  readonly results: readonly BatchResult[];
  readonly warnings?: readonly string[];
}

/** Scores rows of the training table. */
export class Predictor {
  private readonly encoder;
  private readonly threshold: number;

  constructor(
    private readonly served: ServedModel,
    private readonly metrics: ServingMetrics,
  ) {
    this.encoder = rowEncoder(served.manifest);
    this.threshold = served.manifest.decision.threshold;
  }

  /**
   * Scores one row.
   *
   * @throws Problem 400 with every column that is wrong.
   */
  async predict(row: unknown): Promise<Prediction> {
    const matrix = new Float32Array(this.encoder.width);
    const outcome = this.encode(row, matrix, 0);
    if (outcome.kind === 'Refused') {
      throw new Problem('invalid-row', 'See errors for the columns to mend.', { errors: outcome.problems });
    }
    const [probability = Number.NaN] = await this.served.engine.probabilities(matrix, 1);
    return {
      revision: this.served.revision,
      probability,
      churn: this.decide(probability),
      threshold: this.threshold,
      ...warningsOf([...ignoredWarning(outcome.ignoredColumns), ...unseenWarnings(outcome.unseen)]),
    };
  }

  /**
   * Scores a document `{rows: [...]}`; a row that is wrong does not harm the others.
   *
   * @throws Problem 400 when the document has another shape, 413 when it has too many rows.
   */
  async predictBatch(body: unknown): Promise<BatchPrediction> {
    const rows = this.rowsOf(body);
    const { width } = this.encoder;
    const matrix = new Float32Array(rows.length * width);
    const ignored = new Set<string>();
    let scored = 0;
    // A refused row leaves its place in the matrix to the next one.
    const outcomes = rows.map((row) => {
      const outcome = this.encode(row, matrix, scored * width);
      if (outcome.kind === 'Refused') return outcome;
      scored += 1;
      for (const name of outcome.ignoredColumns) ignored.add(name);
      return outcome;
    });
    const probabilities = await this.served.engine.probabilities(matrix.subarray(0, scored * width), scored);
    return {
      revision: this.served.revision,
      threshold: this.threshold,
      results: this.batchResults(outcomes, probabilities),
      ...warningsOf(ignoredWarning([...ignored])),
    };
  }

  private batchResults(outcomes: readonly RowOutcome[], probabilities: Float32Array): BatchResult[] {
    let position = 0;
    return outcomes.map((outcome) => {
      if (outcome.kind === 'Refused') return { errors: outcome.problems };
      const probability = probabilities[position] ?? Number.NaN;
      position += 1;
      return { probability, churn: this.decide(probability), ...warningsOf(unseenWarnings(outcome.unseen)) };
    });
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

  private encode(row: unknown, matrix: Float32Array, start: number): RowOutcome {
    const outcome = this.encoder.encode(row, matrix, start);
    if (outcome.kind === 'Refused') this.metrics.rowRefused();
    else for (const { feature } of outcome.unseen) this.metrics.unseenCategory(feature);
    return outcome;
  }

  private decide(probability: number): boolean {
    const churn = probability >= this.threshold;
    this.metrics.predicted(churn);
    return churn;
  }
}

function isBatch(body: unknown): body is { rows: unknown[] } {
  if (typeof body !== 'object' || body === null || !('rows' in body)) return false;
  return Array.isArray(body.rows) && Object.keys(body).length === 1;
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
