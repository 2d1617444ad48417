import type { CardContent } from '../card-content.js';
import { list, numbers, plainText, table } from '../markdown.js';
import type { ShowPlot } from '../model-card.js';
import { decidedBy, liftAt } from '../plots/ranking-plots.js';
import { foundWithin, tableShares } from '../ranking-points.js';
import { count, decimal, percent } from '../wording.js';

type Manifest = CardContent['manifest'];

/** What each figure is called, and what it says. */
const figures = {
  RocAUC: ['ROC AUC', 'how often a leaver has a higher probability than a stayer; chance is 0.5'],
  PrAUC: ['PR AUC', 'precision over all ways to set the threshold; chance is the share of leavers'],
  LogLoss: ['log loss', 'how surprised the probabilities are by what happened; lower is better'],
  Brier: ['Brier score', 'mean square of probability minus outcome; lower is better'],
  CalibrationZ: ['calibration z', 'near 0 is better; beyond 4 probabilities do not mean what they say'],
  ECE: ['calibration error', 'mean distance of probability and share of leavers; lower is better'],
  Lift10: ['lift at 10 %', 'times more leavers in the highest tenth than by chance'],
  F1: ['F1', 'precision and recall in one figure'],
  Precision: ['precision', 'leavers among those who count as leaving'],
  Recall: ['recall', 'leavers who count as leaving, of all leavers'],
  ProfitPerCustomer: [
    'expected profit',
    'a customer, when those who count as leaving are contacted; in the currency of the settings',
  ],
  Accuracy: ['accuracy', 'right decisions; says little where few leave'],
} as const;

/** How good the model is, alone and beside others. */
export function aboutQuality(content: CardContent, show: ShowPlot): string[] {
  return [
    '## How good it is',
    `On ${count(content.manifest.data.testRows)} customers that it had not seen in training. A 95 % interval says how far chance alone may have moved a figure: other customers would have given another one.`,
    figureTable(content.manifest),
    ...ranking(content, show),
    ...comparison(content.manifest),
    ...gates(content),
  ];
}

function figureTable({ metrics, intervals, logisticRegression, baseline }: Manifest): string {
  const heads = [
    'Figure',
    numbers('This model'),
    ...(intervals === undefined ? [] : [numbers('95 % interval')]),
    ...(logisticRegression === undefined ? [] : [numbers('Logistic regression')]),
    numbers('Share for everybody'),
    'Says',
  ];
  const rows = Object.entries(figures).flatMap(([key, [name, says]]) => {
    const value = metrics[key];
    if (value === undefined) return [];
    const row = [
      name,
      decimal(value, 4),
      ...(intervals === undefined ? [] : [interval(intervals[key])]),
      ...(logisticRegression === undefined ? [] : [figure(logisticRegression[key])]),
      figure(baseline[key]),
      says,
    ];
    return [row];
  });
  return table(heads, rows);
}

function ranking({ manifest, report: { card } }: CardContent, show: ShowPlot): string[] {
  if (card === undefined) return [];
  const { threshold } = manifest.decision;
  const { flagged, found } = decidedBy(card, threshold);
  const stayers = card.rows - card.positives;
  const heads = [
    'Contacted',
    numbers('Customers'),
    numbers('Leavers among them'),
    numbers('Precision'),
    numbers('Leavers found'),
    numbers('Stayers in vain'),
    numbers('Lift'),
  ];
  const row = (name: string, contacted: number, leavers: number, lift: number) => [
    ...[name, count(Math.round(contacted)), count(Math.round(leavers))],
    ...[
      leavers / Math.max(contacted, 1),
      leavers / Math.max(card.positives, 1),
      (contacted - leavers) / Math.max(stayers, 1),
    ].map(percent),
    decimal(lift, 2),
  ];
  const decided = found === 0 ? 0 : found / flagged / (card.positives / card.rows);
  return [
    '### Whom it finds first',
    'When customers are contacted from the highest probability down. The three plots show the same for every number of contacts.',
    table(heads, [
      ...tableShares.map((share) =>
        row(`highest ${share * 100} %`, share * card.rows, foundWithin(card.ranking, share), liftAt(card, share)),
      ),
      row(`from ${decimal(threshold, 4)} on (threshold)`, flagged, found, decided),
    ]),
    ...show('roc'),
    ...show('precision-recall'),
    ...show('lift'),
  ];
}

/** Figures in which models are compared. */
const compared = ['RocAUC', 'LogLoss', 'F1', 'ProfitPerCustomer'] as const;

function comparison({ comparison: found }: Manifest): string[] {
  if (found === undefined) return [];
  const { artifactSha256, rows, current, change, intervals } = found;
  return [
    '### Against the model that was current',
    `Both on the same ${count(rows)} customers; the other model is the artifact ${artifactSha256.slice(0, 12)}. When the interval of a change holds 0, chance may have made it.`,
    table(
      ['Figure', numbers('Current model'), numbers('Change'), numbers('95 % interval')],
      compared.map((key) => [figures[key][0], figure(current[key]), figure(change[key]), interval(intervals[key])]),
    ),
  ];
}

function gates({ manifest, report }: CardContent): string[] {
  if (manifest.gates.length === 0) return [];
  const rows = manifest.gates.map((gate) => [
    gate.passed ? 'passed' : '**failed**',
    plainText(gate.metric),
    decimal(gate.value, 4),
    [
      ...(gate.minValue === undefined ? [] : [`at least ${plainText(gate.minValue)}`]),
      ...(gate.maxValue === undefined ? [] : [`at most ${plainText(gate.maxValue)}`]),
      ...(gate.minChange === undefined ? [] : [`change at least ${plainText(gate.minChange)}`]),
      ...(gate.maxChange === undefined ? [] : [`change at most ${plainText(gate.maxChange)}`]),
    ].join(', '),
    change(gate),
  ]);
  return [
    '### Gates',
    'A model that fails one of these is never served.',
    table(['Verdict', 'Figure', numbers('Value'), 'Wanted', numbers('Change to the current model')], rows),
    ...(report.failedGates.length === 0
      ? []
      : [list(report.failedGates.map((sentence) => `Failed: ${plainText(sentence, 300)}`))]),
  ];
}

function change({ change: found, changeInterval, minChange, maxChange }: Manifest['gates'][number]): string {
  if (found !== undefined) return `${decimal(found, 4)} (${interval(changeInterval)})`;
  return minChange === undefined && maxChange === undefined ? '-' : 'not judged: there is no model to compare with';
}

function interval(ends: readonly [number, number] | undefined): string {
  return ends === undefined ? '-' : `${decimal(ends[0], 4)} to ${decimal(ends[1], 4)}`;
}

function figure(value: number | undefined): string {
  return value === undefined ? '-' : decimal(value, 4);
}
