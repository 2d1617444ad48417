import type { BoostingParameter, FixedParameter } from '@churnops/crds';
import { dataInvalid } from '../failure.js';
import type { SeededRandom } from '../seeded-random.js';
import type { Parameters } from './booster.js';

/**
 * What every model is trained with. `nthread` is fixed because sums of floats depend on how rows are dealt to threads: the same
 * data must give the same bytes on every machine.
 */
const standing = {
  objective: 'binary:logistic',
  eval_metric: 'logloss',
  tree_method: 'hist',
  max_bin: 256,
  nthread: 2,
} as const satisfies Parameters;

/**
 * The first trial: parameters that do well on churn tables of some thousand to some hundred thousand rows. A compromise in
 * cross-validated log loss over three public sets (telco, mlc_churn, iranian).
 */
const usual = {
  eta: 0.05,
  max_depth: 5,
  min_child_weight: 1,
  subsample: 0.8,
  colsample_bytree: 0.8,
  lambda: 1,
  gamma: 0,
} as const satisfies Parameters;

/** Lowest and highest value that a user may fix, both allowed. */
const bounds: Readonly<Record<BoostingParameter, readonly [number, number]>> = {
  eta: [0.001, 1],
  max_depth: [1, 16],
  min_child_weight: [0, 1e6],
  subsample: [0.05, 1],
  colsample_bytree: [0.05, 1],
  lambda: [0, 1e6],
  alpha: [0, 1e6],
  gamma: [0, 1e6],
  max_bin: [2, 65536],
  num_boost_round: [1, 5000],
};

const wholeNumbers: ReadonlySet<BoostingParameter> = new Set(['max_depth', 'max_bin', 'num_boost_round']);

/** Parameters that the user fixed. */
export interface FixedValues {
  readonly parameters: Parameters;
  /** Trees of every model; without it, as many as early stopping finds best. */
  readonly rounds?: number;
}

/** Reads the fixed parameters; throws a TrainingProblem (DataInvalid) that names the one that is out of its bounds. */
export function fixedValues(fixed: readonly FixedParameter[]): FixedValues {
  const { num_boost_round: rounds, ...parameters }: Partial<Record<BoostingParameter, number>> = Object.fromEntries(
    fixed.map(({ name, value }) => [name, checked(name, value)]),
  );
  return rounds === undefined ? { parameters } : { parameters, rounds };
}

function checked(name: BoostingParameter, text: string): number {
  const value = Number(text);
  const [least, most] = bounds[name];
  const whole = wholeNumbers.has(name);
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  throw dataInvalid(
    `The parameter ${name} of spec.training.parameters is "${text}", and must be a ${whole ? 'whole number' : 'number'} from ${least} to ${most}.`,
  );
}

/** The parameters of the trials, the first the usual ones; as many as are asked for, always in this order for a seed. */
export function* trials(random: SeededRandom, fixed: Parameters): Generator<Parameters, never> {
  yield { ...standing, ...usual, ...fixed };
  for (;;) yield { ...standing, ...drawn(random), ...fixed };
}

/** Into how many bins XGBoost puts the values of a column: told when the rows are handed over too. */
export function binsOf({ max_bin: bins = standing.max_bin }: Parameters): number {
  return Number(bins);
}

/** Every parameter is drawn, also a fixed one, so that fixing one leaves the draws of the others as they are. */
function drawn({ uniform }: SeededRandom): Parameters {
  return {
    eta: between(0.02, 0.12, uniform()),
    max_depth: 2 + Math.floor(6 * uniform()),
    min_child_weight: between(1, 16, uniform()),
    subsample: hundredths(0.6 + 0.4 * uniform()),
    colsample_bytree: hundredths(0.4 + 0.6 * uniform()),
    lambda: between(0.5, 16, uniform()),
    gamma: hundredths(Math.max(0, 3 * uniform() - 1)),
  };
}

/** Evenly on the logarithmic scale, 3 significant digits. */
function between(least: number, most: number, share: number): number {
  return Number((least * (most / least) ** share).toPrecision(3));
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
