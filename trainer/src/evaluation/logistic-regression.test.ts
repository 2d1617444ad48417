import { describe, expect, it } from '@jest/globals';
import { knownMatrix } from '../fixtures/known-rows.js';
import { fitLogisticRegression, predictLogistic } from './logistic-regression.js';

describe('the logistic regression', () => {
  const data = knownMatrix();
  const model = fitLogisticRegression(data, 1);

  // fixtures/known-rows.py: LogisticRegression(C=1) of scikit-learn 1.9.1 on standardized columns, missing values as the mean.
  it('has the coefficients of scikit-learn', () => {
    const expected = [0.05049980717546619, -0.006695312253920719, 0.042117123460575126, -0.4226101525660357];
    for (const [i, value] of [...model.coefficients, model.intercept].entries()) {
      expect(Math.abs(value - (expected[i] ?? Number.NaN))).toBeLessThan(1e-9);
    }
  });

  it('predicts as scikit-learn does, to float32', () => {
    const scores = predictLogistic(model, data);
    for (const [row, value] of [0.38955941416470435, 0.36881258449610144, 0.390482846896679].entries()) {
      expect(Math.abs((scores[row] ?? Number.NaN) - value)).toBeLessThan(1e-7);
    }
  });

  it('bears columns that repeat another, that do not vary and that have no value', () => {
    const labels = Float32Array.from({ length: 200 }, (_, row) => (row % 4 === 0 ? 1 : 0));
    const values = Float32Array.from(
      [...labels].flatMap((label, row) => [label + (row % 3), label + (row % 3), 7, Number.NaN]),
    );
    const scores = predictLogistic(fitLogisticRegression({ values, width: 4, labels }, 1), { values, width: 4 });
    expect(scores.every((score) => score > 0 && score < 1)).toBe(true);
  });

  it('learns from a sample of many rows', () => {
    const labels = Float32Array.from({ length: 5_000 }, (_, row) => (row % 10 < 3 ? 1 : 0));
    const values = new Float32Array(5_000 * 500);
    for (const [row, label] of labels.entries()) values[row * 500] = label;
    const scores = predictLogistic(fitLogisticRegression({ values, width: 500, labels }, 1), { values, width: 500 });
    expect(scores[0]).toBeGreaterThan(0.9);
    expect(scores[9]).toBeLessThan(0.1);
  });
});
