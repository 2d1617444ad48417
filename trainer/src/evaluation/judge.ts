import type { GateMetric } from '@churnops/crds';
import { decisionFigures } from './decision-figures.js';
import { brier, calibrationZ, logLoss } from './probability-figures.js';
import { lift, prAuc, rocAuc } from './rank-figures.js';
import { ranked } from './ranked.js';

/** Point figures on held-out rows, 6 decimals. */
export type Figures = Readonly<Record<GateMetric | 'Lift10' | 'Accuracy', number>>;

/** Judges probabilities against outcomes, once, with the threshold that the model will be served with. */
export function judge(scores: Float32Array, labels: Float32Array, threshold: number): Figures {
  const ties = ranked(scores, labels);
  const decision = decisionFigures(scores, labels, threshold);
  return {
    RocAUC: rounded(rocAuc(ties)),
    PrAUC: rounded(prAuc(ties)),
    LogLoss: rounded(logLoss(scores, labels)),
    Brier: rounded(brier(scores, labels)),
    CalibrationZ: rounded(calibrationZ(scores, labels)),
    Lift10: rounded(lift(ties, 0.1)),
    F1: rounded(decision.f1),
    Precision: rounded(decision.precision),
    Recall: rounded(decision.recall),
    Accuracy: rounded(decision.accuracy),
  };
}

/** The figures of a model that gives everybody the share of leavers that was seen in training. */
export function judgeBaseline(share: number, labels: Float32Array, threshold: number): Figures {
  return judge(new Float32Array(labels.length).fill(share), labels, threshold);
}

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
