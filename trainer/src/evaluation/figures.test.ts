import { describe, expect, it } from '@jest/globals';
import { knownRows } from '../fixtures/known-rows.js';
import { figuresOf, type FigureName, type JudgedDecision } from './figures.js';
import { profitFigures } from './profit.js';
import { rankingOf } from './ranking.js';

const profit = { customerValue: '200', offerCost: '10', contactCost: '1', acceptanceProbability: '0.3' };
const decision: JudgedDecision = { threshold: 0.35, profit: profitFigures(profit) };

function figures(scores: readonly number[], labels: readonly number[]) {
  return figuresOf(rankingOf(Float32Array.from(scores), Float32Array.from(labels)), { ...decision, threshold: 0.5 });
}

describe('the figures of a model', () => {
  const { scores, labels } = knownRows();
  const ranking = rankingOf(scores, labels);
  const once = figuresOf(ranking, decision);
  const weights = Uint32Array.from(labels, (_, row) => row % 3);
  const repeated = figuresOf(ranking, decision, weights);

  // Made by fixtures/known-rows.py with scikit-learn 1.9.1; the second of rows that count row % 3 times.
  it.each([
    ['RocAUC', 0.9360241487724931, 0.9239645771952996],
    ['PrAUC', 0.8977465440463698, 0.867375662278184],
    ['LogLoss', 0.34746096185272085, 0.3594590188166588],
    ['Brier', 0.10754595031396756, 0.1127368293621378],
    ['CalibrationZ', -4.65030241644288, -4.188379698037492],
    ['ECE', 0.07397487166151405, 0.08195651663030555],
    ['F1', 0.8100686498855835, 0.8],
    ['Precision', 0.7405857740585774, 0.71900826446281],
    ['Recall', 0.8939393939393939, 0.9015544041450777],
    ['Accuracy', 0.834, 0.8256513026052105],
  ] satisfies [FigureName, number, number][])('have the %s of scikit-learn', (name, value, weighted) => {
    expect(Math.abs(once[name] - value)).toBeLessThan(1e-9);
    expect(Math.abs(repeated[name] - weighted)).toBeLessThan(1e-9);
  });

  it('are the same for a row that counts twice as for two rows', () => {
    const copies = [...labels.keys()].flatMap((row) => Array.from({ length: row % 3 }, () => row));
    const copied = rankingOf(
      Float32Array.from(copies, (row) => scores[row] ?? 0),
      Float32Array.from(copies, (row) => labels[row] ?? 0),
    );
    const expected = Object.entries(figuresOf(copied, decision)).map(([name, value]) => [
      name,
      expect.closeTo(value, 12),
    ]);
    expect(Object.entries(repeated)).toEqual(expected);
  });

  it('count ties half', () => {
    expect(figures([0.5, 0.5, 0.5, 0.9], [0, 1, 0, 1]).RocAUC).toBe(0.75);
  });

  it('take of a tie at the border of the highest tenth its part', () => {
    const scores = [0.9, ...Array.from({ length: 19 }, () => 0.1)];
    // The highest two rows: the leaver above, and a nineteenth of the tie with its one leaver.
    expect(figures(scores, [1, 1, ...Array.from({ length: 18 }, () => 0)]).Lift10).toBeCloseTo(
      (1 + 1 / 19) / 2 / 0.1,
      12,
    );
  });

  it('judge a flat model as no better than chance', () => {
    expect(figures([0.25, 0.25, 0.25, 0.25], [1, 0, 0, 0])).toMatchObject({
      ...{ RocAUC: 0.5, PrAUC: 0.25, Lift10: 1, F1: 0, Recall: 0, CalibrationZ: 0, ECE: 0, ProfitPerCustomer: 0 },
    });
  });

  it('measure overconfidence with a positive z', () => {
    const outcomes = Array.from({ length: 100 }, (_, row) => (row < 20 ? 1 : 0));
    const sure = outcomes.map(() => 0.1);
    // (20 - 10) / sqrt(100 * 0.1 * 0.9)
    expect(figures(sure, outcomes).CalibrationZ).toBeCloseTo(10 / 3, 4);
  });

  it('count what an offer brings and costs', () => {
    // A leaver who is asked brings 0.3 * (200 - 10) - 1, a stayer costs 10 + 1; the leaver at 0.2 is not asked.
    expect(figures([0.9, 0.8, 0.2, 0.1], [1, 0, 1, 0]).ProfitPerCustomer).toBeCloseTo((56 - 11) / 4, 12);
  });
});
