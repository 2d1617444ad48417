import { seededRandom } from '../seeded-random.js';
import { selectRows, valuesOf, type Rows } from '../xgboost/rows.js';

/** Weight of half the sum of squared coefficients against the sum of log losses: scikit-learn's C = 1. */
const RIDGE = 1;

/** Values that the regression learns from at most: it is only what the model is compared with. */
const MOST_VALUES = 2e6;

/** Newton steps; each is solved by at most so many conjugate gradients. */
const MOST_STEPS = 30;
const MOST_GRADIENTS = 100;

/** A linear model of the log odds. Of columns brought to mean 0 and deviation 1; a missing value counts as the mean. */
export interface LogisticRegression {
  readonly means: Float64Array;
  /** One over the standard deviation; 0 for a column that does not vary. */
  readonly scales: Float64Array;
  readonly coefficients: Float64Array;
  readonly intercept: number;
}

/** Fits a ridge logistic regression, of a seeded sample where there are many rows. */
export function fitLogisticRegression(data: Rows, seed: number): LogisticRegression {
  const sample = selectRows(data, sampledRows(data, seed));
  const chosen = { values: valuesOf(sample), width: data.width };
  const { means, scales } = standardOf(chosen);
  const rows = Array.from(sample.labels, (_, row) => standardized(chosen, row, { means, scales }));
  const weights = newton(rows, Float64Array.from(sample.labels));
  return { means, scales, coefficients: weights.slice(0, -1), intercept: weights.at(-1) ?? 0 };
}

/** Values row-major. */
type Values = Pick<Rows, 'values' | 'width'>;

/** Probabilities of all rows of the values. */
export function predictLogistic(model: LogisticRegression, data: Values): Float32Array {
  return Float32Array.from({ length: data.values.length / data.width }, (_, row) => {
    const margin = dot(standardized(data, row, model), model.coefficients) + model.intercept;
    return 1 / (1 + Math.exp(-margin));
  });
}

function sampledRows({ labels, width }: Rows, seed: number): number[] {
  const all = Array.from(labels.keys());
  const most = Math.max(1000, Math.floor(MOST_VALUES / width));
  if (all.length <= most) return all;
  const random = seededRandom(seed, 'logistic regression');
  return all.filter(() => random.uniform() < most / all.length);
}

type Standard = Pick<LogisticRegression, 'means' | 'scales'>;

function standardOf({ values, width }: Values): Standard {
  const [means, scales] = [new Float64Array(width), new Float64Array(width)];
  for (let column = 0; column < width; column++) {
    const present: number[] = [];
    for (let cell = column; cell < values.length; cell += width) {
      const value = values[cell] ?? Number.NaN;
      if (!Number.isNaN(value)) present.push(value);
    }
    const mean = present.reduce((sum, value) => sum + value, 0) / Math.max(1, present.length);
    const squares = present.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    means[column] = mean;
    scales[column] = squares > 0 ? Math.sqrt(present.length / squares) : 0;
  }
  return { means, scales };
}

function standardized({ values, width }: Values, row: number, { means, scales }: Standard): Float64Array {
  return means.map((mean, column) => {
    const value = values[row * width + column] ?? Number.NaN;
    return Number.isNaN(value) ? 0 : (value - mean) * (scales[column] ?? 0);
  });
}

/** Coefficients and, last, the intercept, which is not held back by the ridge. */
function newton(rows: readonly Float64Array[], labels: Float64Array): Float64Array {
  const weights = new Float64Array((rows[0]?.length ?? 0) + 1);
  for (let step = 0; step < MOST_STEPS; step++) {
    const p = rows.map((row) => 1 / (1 + Math.exp(-score(row, weights))));
    const gradient = penalized(
      transposed(
        rows,
        p.map((each, i) => each - (labels[i] ?? 0)),
      ),
      weights,
    );
    if (Math.hypot(...gradient) < 1e-9 * rows.length) break;
    const curvature = (vector: Float64Array) =>
      penalized(
        transposed(
          rows,
          rows.map((row, i) => (p[i] ?? 0) * (1 - (p[i] ?? 0)) * score(row, vector)),
        ),
        vector,
      );
    descend(weights, gradient, solved(curvature, gradient), (trial) => objective(rows, labels, trial));
  }
  return weights;
}

/** Moves the weights by the step, halved until it leads downhill. */
function descend(
  weights: Float64Array,
  gradient: Float64Array,
  step: Float64Array,
  objectiveOf: (weights: Float64Array) => number,
): void {
  const before = objectiveOf(weights);
  const slope = dot(gradient, step);
  for (let length = 1; length > 1e-6; length /= 2) {
    const trial = weights.map((weight, i) => weight - length * (step[i] ?? 0));
    if (objectiveOf(trial) > before - 1e-4 * length * slope && length > 1e-5) continue;
    weights.set(trial);
    return;
  }
}

function objective(rows: readonly Float64Array[], labels: Float64Array, weights: Float64Array): number {
  let sum = 0;
  for (const [i, row] of rows.entries()) {
    const margin = score(row, weights);
    sum += Math.max(0, margin) - (labels[i] ?? 0) * margin + Math.log1p(Math.exp(-Math.abs(margin)));
  }
  const coefficients = weights.subarray(0, -1);
  return sum + (RIDGE / 2) * dot(coefficients, coefficients);
}

/** Solves curvature(x) = target by conjugate gradients (Hestenes and Stiefel 1952). */
function solved(curvature: (vector: Float64Array) => Float64Array, target: Float64Array): Float64Array {
  const solution = new Float64Array(target.length);
  const residual = target.slice();
  const direction = target.slice();
  let size = dot(residual, residual);
  const enough = 1e-20 * size;
  for (let step = 0; step < MOST_GRADIENTS && size > enough; step++) {
    const image = curvature(direction);
    const length = size / dot(direction, image);
    addTo(solution, direction, length);
    addTo(residual, image, -length);
    const next = dot(residual, residual);
    for (let i = 0; i < direction.length; i++) direction[i] = (residual[i] ?? 0) + (next / size) * (direction[i] ?? 0);
    size = next;
  }
  return solution;
}

/** Sum of the rows, each times its factor; last, the sum of the factors. */
function transposed(rows: readonly Float64Array[], factors: readonly number[]): Float64Array {
  const sums = new Float64Array((rows[0]?.length ?? 0) + 1);
  for (const [i, row] of rows.entries()) {
    const factor = factors[i] ?? 0;
    addTo(sums, row, factor);
    sums[row.length] = (sums[row.length] ?? 0) + factor;
  }
  return sums;
}

function penalized(sums: Float64Array, weights: Float64Array): Float64Array {
  addTo(sums, weights.subarray(0, -1), RIDGE);
  return sums;
}

function score(row: Float64Array, weights: Float64Array): number {
  return dot(row, weights) + (weights[row.length] ?? 0);
}

/** Over the elements of the first. */
function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum += (left[i] ?? 0) * (right[i] ?? 0);
  return sum;
}

function addTo(sums: Float64Array, added: Float64Array, factor: number): void {
  for (let i = 0; i < added.length; i++) sums[i] = (sums[i] ?? 0) + factor * (added[i] ?? 0);
}
