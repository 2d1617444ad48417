import { describe, expect, it } from '@jest/globals';
import { knownRows } from '../fixtures/known-rows.js';
import { seededRandom } from '../seeded-random.js';
import { chooseCalibration, fitSigmoid, probabilities } from './calibrate.js';

const known = knownRows();

/** Rows whose log odds mean what they say. */
function honest(rows: number) {
  const random = seededRandom(1, 'honest rows');
  const margins = Float32Array.from({ length: rows }, () => 4 * random.uniform() - 3);
  const labels = Float32Array.from(margins, (margin) => (random.uniform() < 1 / (1 + Math.exp(-margin)) ? 1 : 0));
  return { margins, labels, fold: Uint8Array.from(margins, (_, row) => row % 5) };
}

describe('the sigmoid', () => {
  // fixtures/known-rows.py, by scipy's trust-exact; sklearn.calibration._sigmoid_calibration agrees to its own 1e-8.
  it('is that of least log loss', () => {
    const { slope, intercept } = fitSigmoid(known.margins, known.labels);
    expect(Math.abs(slope - 1.6448911095687888)).toBeLessThan(1e-9);
    expect(Math.abs(intercept - 0.268131104307081)).toBeLessThan(1e-9);
  });

  it('is finite where the margins part the classes', () => {
    const { slope, intercept } = fitSigmoid(Float32Array.of(-1, -0.5, 0.5, 1), Float32Array.of(0, 0, 1, 1));
    expect([slope, intercept].every(Number.isFinite)).toBe(true);
    expect(slope).toBeGreaterThan(0);
  });

  it('has the cross-validated gain of the same steps in numpy', () => {
    const { gain, standardError } = chooseCalibration('Auto', known);
    expect(Math.abs(gain - 0.03087426880737152)).toBeLessThan(1e-9);
    expect(Math.abs(standardError - 0.008257627611672595)).toBeLessThan(1e-9);
  });
});

describe('calibration', () => {
  it.each([
    ['Auto', 'corrects log odds that say too little', known, 'Sigmoid'],
    ['Auto', 'leaves honest ones alone', honest(5000), 'None'],
    ['None', 'leaves all alone', known, 'None'],
    ['Sigmoid', 'corrects also honest ones', honest(5000), 'Sigmoid'],
    ['Sigmoid', 'never turns the ranks around', { ...known, margins: known.margins.map((margin) => -margin) }, 'None'],
  ] as const)('with %s %s', (policy, _, rows, method) => {
    const chosen = chooseCalibration(policy, rows);
    expect(chosen.method).toBe(method);
    if (method === 'None') expect(chosen).toMatchObject({ slope: 1, intercept: 0 });
  });

  it('turns log odds into probabilities', () => {
    expect([...probabilities(Float32Array.of(0, 1), { slope: 2, intercept: 0 })]).toEqual([
      0.5,
      Math.fround(1 / (1 + Math.exp(-2))),
    ]);
  });
});
