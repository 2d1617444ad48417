import type { Manifest, TrainingInput } from '@churnops/crds';

/** What is folded into the trees: the log odds become `slope` times the margin plus `intercept`. */
export interface Sigmoid {
  readonly slope: number;
  readonly intercept: number;
}

export type Calibration = NonNullable<Manifest['calibration']>;

/** Leaves log odds as they are. */
const identity: Sigmoid = { slope: 1, intercept: 0 };

/** Newton's method squares the error each time; twice as many as it ever took. */
const MOST_STEPS = 50;

/**
 * Chooses whether to correct the probabilities by a sigmoid. `Auto` takes it only if it lowers the log loss by more than one
 * standard error of the paired difference, each fold being scored by the sigmoid of the others.
 *
 * @param margins out-of-fold log odds: each by a model that never saw the row
 */
export function chooseCalibration(
  policy: TrainingInput['calibration'],
  { margins, labels, fold }: { margins: Float32Array; labels: Float32Array; fold: Uint8Array },
): Calibration {
  const { gain, standardError } = crossValidatedGain(margins, labels, fold);
  const sigmoid = fitSigmoid(margins, labels);
  // A slope of 0 or less would turn the ranks around: nothing that calibration may do.
  const wanted = sigmoid.slope > 0 && (policy === 'Sigmoid' || (policy === 'Auto' && gain > standardError));
  const chosen = wanted ? sigmoid : identity;
  return { method: wanted ? 'Sigmoid' : 'None', ...chosen, gain, standardError };
}

/** Probabilities of log odds after the sigmoid, as float32: what the exported graph answers. */
export function probabilities(margins: Float32Array, { slope, intercept }: Sigmoid = identity): Float32Array {
  return margins.map((margin) => 1 / (1 + Math.exp(-(slope * margin + intercept))));
}

function crossValidatedGain(margins: Float32Array, labels: Float32Array, fold: Uint8Array) {
  let [sum, squares] = [0, 0];
  for (const each of new Set(fold)) {
    const others = fold.map((value) => (value === each ? 0 : 1));
    const sigmoid = fitSigmoid(
      margins.filter((_, row) => others[row] === 1),
      labels.filter((_, row) => others[row] === 1),
    );
    for (const [row, margin] of margins.entries()) {
      if (fold[row] !== each) continue;
      const label = labels[row] ?? 0;
      const gain = lossOf(margin, label) - lossOf(sigmoid.slope * margin + sigmoid.intercept, label);
      sum += gain;
      squares += gain * gain;
    }
  }
  const rows = margins.length;
  const variance = (squares - (sum * sum) / rows) / (rows - 1);
  return { gain: sum / rows, standardError: Math.sqrt(Math.max(0, variance) / rows) };
}

/** Log loss in nats; exact also where the probability would round to 1. */
function lossOf(margin: number, label: number): number {
  const towards = label === 1 ? -margin : margin;
  return Math.max(0, towards) + Math.log1p(Math.exp(-Math.abs(margin)));
}

/**
 * The sigmoid of least log loss, by Newton's method with halved steps. The targets are Platt's (1999), a little off 0 and 1, so
 * that it is finite also where the margins part the classes.
 */
export function fitSigmoid(margins: Float32Array, labels: Float32Array): Sigmoid {
  const positives = labels.reduce((sum, label) => sum + label, 0);
  const targets = { 1: (positives + 1) / (positives + 2), 0: 1 / (labels.length - positives + 2) };
  const target = Float64Array.from(labels, (label) => (label === 1 ? targets[1] : targets[0]));
  let at: Sigmoid = identity;
  for (let step = 0; step < MOST_STEPS; step++) {
    const next = improved(at, margins, target);
    const moved = Math.abs(next.slope - at.slope) + Math.abs(next.intercept - at.intercept);
    at = next;
    if (moved < 1e-12) break;
  }
  return at;
}

/** One step downhill; the same place when there is none. */
function improved(at: Sigmoid, margins: Float32Array, target: Float64Array): Sigmoid {
  const { gradient, curvature } = derivatives(at, margins, target);
  const [aa, ab, bb] = curvature;
  const determinant = aa * bb - ab * ab;
  if (!(determinant > 0)) return at;
  const direction = [
    (bb * gradient[0] - ab * gradient[1]) / determinant,
    (aa * gradient[1] - ab * gradient[0]) / determinant,
  ] as const;
  const before = objective(at, margins, target);
  for (let length = 1; length > 1e-6; length /= 2) {
    const next = { slope: at.slope - length * direction[0], intercept: at.intercept - length * direction[1] };
    if (objective(next, margins, target) <= before) return next;
  }
  return at;
}

function derivatives({ slope, intercept }: Sigmoid, margins: Float32Array, target: Float64Array) {
  const gradient: [number, number] = [0, 0];
  const curvature: [number, number, number] = [0, 0, 0];
  // Loops over the rows, since this runs dozens of times over all of them.
  for (let row = 0; row < margins.length; row += 1) {
    const margin = margins[row] ?? Number.NaN;
    const p = 1 / (1 + Math.exp(-(slope * margin + intercept)));
    const excess = p - (target[row] ?? 0);
    const weight = p * (1 - p);
    gradient[0] += excess * margin;
    gradient[1] += excess;
    curvature[0] += weight * margin * margin;
    curvature[1] += weight * margin;
    curvature[2] += weight;
  }
  return { gradient, curvature };
}

function objective({ slope, intercept }: Sigmoid, margins: Float32Array, target: Float64Array): number {
  let sum = 0;
  for (let row = 0; row < margins.length; row += 1) {
    const margin = slope * (margins[row] ?? Number.NaN) + intercept;
    sum += Math.max(0, margin) - (target[row] ?? 0) * margin + Math.log1p(Math.exp(-Math.abs(margin)));
  }
  return sum;
}
