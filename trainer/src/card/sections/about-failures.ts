import type { CardContent } from '../card-content.js';
import { atMost, list, numbers, plainText, table } from '../markdown.js';
import { decidedBy } from '../plots/ranking-plots.js';
import { count, decimal, percent } from '../wording.js';

/** Groups of customers that the card lists. */
const MOST_SLICES = 100;

/** Where the model errs, and for whom. */
export function aboutFailures(content: CardContent): string[] {
  return ['## Where it fails', ...errors(content), ...slices(content)];
}

function errors({ manifest, report: { card } }: CardContent): string[] {
  if (card === undefined) return [];
  const { flagged, found } = decidedBy(card, manifest.decision.threshold);
  const missed = card.positives - found;
  return [
    list([
      `It misses ${count(missed)} of ${count(card.positives)} customers who left (${share(missed, card.positives)}): their probability is below the threshold.`,
      `Of the ${count(flagged)} customers it names, ${count(flagged - found)} stay anyway (${share(flagged - found, flagged)}).`,
    ]),
  ];
}

function slices({ manifest }: CardContent): string[] {
  const { slices: groups = [], metrics } = manifest;
  if (groups.length === 0)
    return [
      'No feature is marked as protected (`sensitivity: Protected`), so nothing was measured about how the model treats groups of people, such as by gender or age. Mark those that matter where you work.',
    ];
  const { shown, more } = atMost(groups, MOST_SLICES);
  const rows = shown.map(({ feature, value, rows: size, positives, flaggedShare, metrics: own }) => [
    `${plainText(feature)}: ${plainText(value)}`,
    count(size),
    share(positives, size),
    percent(flaggedShare),
    figure(own?.['RocAUC']),
    figure(own?.['Recall']),
    figure(own?.['Precision']),
  ]);
  const all = ['all customers', '', '', '', ...['RocAUC', 'Recall', 'Precision'].map((key) => figure(metrics[key]))];
  return [
    'Groups by protected features. A group with a much lower recall gets less help than others; one with a much lower precision is bothered more often in vain. Groups of few customers have no figures, and small differences are chance.',
    table(['Group', ...['Customers', 'Left', 'Named', 'ROC AUC', 'Recall', 'Precision'].map(numbers)], [...rows, all]),
    ...(more === 0 ? [] : [`${count(more)} more are in the field \`slices\` of manifest.json.`]),
  ];
}

function share(part: number, whole: number): string {
  return whole === 0 ? '-' : percent(part / whole);
}

function figure(value: number | undefined): string {
  return value === undefined ? '-' : decimal(value);
}
