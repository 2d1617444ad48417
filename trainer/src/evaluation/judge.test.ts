import { describe, expect, it } from '@jest/globals';
import { judge, judgeBaseline } from './judge.js';

const scores = Float32Array.of(0.1, 0.4, 0.35, 0.8);
const labels = Float32Array.of(0, 0, 1, 1);

describe('the figures of a model', () => {
  // The example of scikit-learn's documentation of roc_auc_score and average_precision_score.
  it.each([
    ['RocAUC', 0.75],
    ['PrAUC', 0.833333],
    ['LogLoss', 0.472288],
    ['Brier', 0.158125],
    ['Lift10', 2],
    ['F1', 0.666667],
    ['Precision', 1],
    ['Recall', 0.5],
    ['Accuracy', 0.75],
  ] as const)('have the known value of %s', (name, value) => {
    expect(judge(scores, labels, 0.5)[name]).toBeCloseTo(value, 5);
  });

  it('count ties half', () => {
    const figures = judge(Float32Array.of(0.5, 0.5, 0.5, 0.9), Float32Array.of(0, 1, 0, 1), 0.5);
    expect(figures.RocAUC).toBe(0.75);
  });

  it('judge a flat model as no better than chance', () => {
    const figures = judgeBaseline(0.25, Float32Array.of(1, 0, 0, 0), 0.5);
    expect(figures).toMatchObject({ RocAUC: 0.5, PrAUC: 0.25, Lift10: 1, F1: 0, Recall: 0, CalibrationZ: 0 });
  });

  it('measure overconfidence with a positive z', () => {
    const sure = new Float32Array(100).fill(0.1);
    const outcomes = Float32Array.from({ length: 100 }, (_, i) => (i < 20 ? 1 : 0));
    // (20 - 10) / sqrt(100 * 0.1 * 0.9)
    expect(judge(sure, outcomes, 0.5).CalibrationZ).toBeCloseTo(10 / 3, 4);
  });
});
