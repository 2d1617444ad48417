import type { CardFigures } from '@churnops/crds';
import { calibrationGroups, isWithinBand } from '../calibration.js';
import type { CardContent } from '../card-content.js';
import { numbers, table } from '../markdown.js';
import type { ShowPlot } from '../model-card.js';
import { count, decimal, percent } from '../wording.js';

/** Whether probabilities mean what they say, and how the threshold was chosen. */
export function aboutProbabilities(content: CardContent, show: ShowPlot): string[] {
  const { manifest, report } = content;
  return [
    '## Do probabilities mean what they say',
    probabilitySentences(content),
    ...(report.card === undefined ? [] : [...show('calibration'), calibrationTable(report.card)]),
    '## The decision',
    `From a probability of ${decimal(manifest.decision.threshold, 4)} on a customer counts as leaving. ${policySentences[manifest.decision.policy]}`,
    ...(report.card === undefined ? [] : [...show('scores'), scoreTable(report.card)]),
  ];
}

const meaning = 'Of 100 customers with a probability of 30 % about 30 should leave.';

function probabilitySentences({ manifest: { metrics, calibration }, report: { card } }: CardContent): string {
  const { CalibrationZ: z, ECE: error, ECEPerfect95: perfect } = metrics;
  return [
    meaning,
    ...(card === undefined ? [] : [groupSentences(card)]),
    ...(z === undefined
      ? []
      : [`Spiegelhalter’s z is ${decimal(z, 2)}; between -2 and 2 nothing speaks against the probabilities.`]),
    ...(error === undefined || perfect === undefined
      ? []
      : [
          `The calibration error is ${decimal(error, 4)}; that of a perfect model stays below ${decimal(perfect, 4)} in 95 % of cases.`,
        ]),
    ...(calibration === undefined ? [] : [correctionSentences[calibration.method]]),
  ].join(' ');
}

function groupSentences(card: CardFigures): string {
  const groups = calibrationGroups(card);
  const outside = groups.filter((group) => !isWithinBand(group)).length;
  return `In the plot, customers with about the same probability are a group; the band is where chance alone puts the groups of a perfect model in 95 % of cases. ${count(outside)} of ${count(groups.length)} groups ${outside === 1 ? 'is' : 'are'} outside.`;
}

const correctionSentences = {
  None: 'The probabilities are not corrected.',
  Sigmoid: 'The probabilities are corrected by a sigmoid.',
} as const;

const policySentences = {
  Fixed: 'This threshold was given.',
  MaximumF1: 'There F1 was best, on customers that each model had not seen.',
  MaximumProfit: 'There an offer begins to pay, by the costs in the settings.',
  TopFraction: 'There the wanted share of the customers counts as leaving.',
} as const satisfies Record<string, string>;

function calibrationTable(card: CardFigures): string {
  const rows = calibrationGroups(card).map((group) => [
    `${percent(group.from)} to ${percent(group.to)}`,
    count(group.rows),
    percent(group.meanProbability),
    percent(group.positives / group.rows),
    `${percent(group.band[0])} to ${percent(group.band[1])}`,
    isWithinBand(group) ? '' : 'outside',
  ]);
  const heads = [numbers('Customers'), numbers('Mean probability'), numbers('Left'), numbers('Band'), ''];
  return table(['Probability', ...heads], rows);
}

function scoreTable({ bins }: CardFigures): string {
  const rows = bins.flatMap((bin, index) =>
    bin.rows === 0
      ? []
      : [
          [
            `${percent(index / bins.length)} to ${percent((index + 1) / bins.length)}`,
            count(bin.rows - bin.positives),
            count(bin.positives),
          ],
        ],
  );
  return table(['Probability', numbers('Stayed'), numbers('Left')], rows);
}
