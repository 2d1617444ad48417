import type { Gate } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../seeded-random.js';
import { compare } from './compare.js';
import { judge } from './judge.js';
import { gateSentence, passGates } from './pass-gates.js';

const decision = { threshold: 0.3, profit: { leaverGain: 56, stayerCost: 11 } };

/** Rows with an honest model, and the scores of another whose log odds have noise of this size. */
function pair(rows: number, noise: number, seed = 1) {
  const random = seededRandom(seed, 'pairs');
  const margins = Float32Array.from({ length: rows }, () => 5 * random.uniform() - 3.5);
  const labels = Float32Array.from(margins, (margin) => (random.uniform() < 1 / (1 + Math.exp(-margin)) ? 1 : 0));
  const noisy = () => margins.map((margin) => 1 / (1 + Math.exp(-margin - noise * (random.uniform() - 0.5))));
  return { labels, good: margins.map((margin) => 1 / (1 + Math.exp(-margin))), noisy };
}

const gates: Gate[] = [
  { metric: 'RocAUC', minChange: '-0.01' },
  { metric: 'LogLoss', maxChange: '0.01' },
  { metric: 'CalibrationZ', maxChange: '3' },
];

function judged(candidate: Float32Array, current: Float32Array, labels: Float32Array) {
  const comparison = compare({ scores: candidate, decision }, { scores: current, decision }, labels, 42);
  return { comparison, gates: passGates(gates, judge(candidate, labels, decision, 42).metrics, comparison) };
}

describe('the comparison with the current model', () => {
  it('finds no difference of a model to itself', () => {
    const { good, labels } = pair(1000, 0);
    const { comparison } = judged(good, good, labels);
    for (const name of ['RocAUC', 'LogLoss', 'CalibrationZ', 'F1', 'ProfitPerCustomer']) {
      expect([comparison.change[name], comparison.intervals[name]]).toEqual([0, [0, 0]]);
    }
  });

  it('lets a clearly worse model fail, with its figures', () => {
    const { good, noisy, labels } = pair(2000, 8);
    const failed = judged(noisy(), good, labels).gates.filter((gate) => !gate.passed);
    expect(failed.map(gateSentence)).toEqual([
      expect.stringMatching(
        /^RocAUC changes by -0\.\d{4} from 0\.\d{4} of the current revision \(95 % interval -0\.\d{4} to -0\.\d{4}\), below minChange -0\.01$/,
      ),
      expect.stringMatching(/^LogLoss changes by 0\.\d{4} from .*, above maxChange 0\.01$/),
      expect.stringMatching(/^CalibrationZ changes by \d+\.\d{4} from .*, above maxChange 3$/),
    ]);
  });

  it('lets a better model pass', () => {
    const { good, noisy, labels } = pair(2000, 8);
    expect(judged(good, noisy(), labels).gates.every((gate) => gate.passed)).toBe(true);
  });

  it('lets no more than one of 10 equally good models fail', () => {
    const failed = Array.from({ length: 10 }, (_, seed) => pair(1400, 1, seed)).filter(({ noisy, labels }) =>
      judged(noisy(), noisy(), labels).gates.some((gate) => !gate.passed),
    );
    expect(failed.length).toBeLessThanOrEqual(1);
  });
});
