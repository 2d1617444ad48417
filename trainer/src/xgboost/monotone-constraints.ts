import type { Feature, TrainingInput } from '@churnops/crds';
import { dataInvalid } from '../failure.js';
import type { Parameters } from './booster.js';

const directions = { None: 0, Increasing: 1, Decreasing: -1 } as const;

/**
 * XGBoost's parameter for the columns of the matrix; none when nothing is constrained.
 *
 * @throws TrainingProblem (DataInvalid) for a feature whose categories have no order
 */
export function monotoneConstraints(features: readonly Feature[], overrides: TrainingInput['features']): Parameters {
  const wanted = new Map(overrides.map(({ name, monotonic = 'None' }) => [name, directions[monotonic]]));
  const columns = features.flatMap(({ name, encoding, width }) => {
    const direction = wanted.get(name) ?? 0;
    if (direction !== 0 && (encoding.kind === 'OneHot' || encoding.kind === 'Codes')) {
      throw dataInvalid(
        `Feature "${name}" is categorical, so its effect can't be monotonic: its categories have no order.`,
      );
    }
    return Array.from({ length: width }, () => direction);
  });
  return columns.some((direction) => direction !== 0) ? { monotone_constraints: `(${columns.join(',')})` } : {};
}
