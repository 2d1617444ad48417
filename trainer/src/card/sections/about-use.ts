import type { CardContent } from '../card-content.js';
import { list, plainText, table } from '../markdown.js';
import { decidedBy } from '../plots/ranking-plots.js';
import { count, decimal, percent } from '../wording.js';

/** What the model does, for whom, and what not. */
export function aboutUse(content: CardContent): string[] {
  const { target, decision } = content.manifest;
  return [
    '# Model card: which customers will leave',
    `From what is known of a customer this model tells the probability that the customer leaves: that the column “${plainText(target.label)}” says “${plainText(target.positiveLabel)}”. From a probability of ${decimal(decision.threshold, 4)} on a customer counts as leaving.`,
    table(['At a glance', ''], glance(content)),
    '## What it is for',
    list([
      'For people who keep customers: it says whom to contact first. Begin with the highest probabilities.',
      'For planning: the probabilities of many customers together tell how many of them will leave, as far as the section on probabilities says they can be trusted.',
      'For customers like those of the table that it was made from, asked about in the same way.',
    ]),
    '## What it is not for',
    list([
      'Not for decisions against a customer: prices, credit, whether somebody is served at all. It was judged for none of these.',
      'Not for reasons. It finds what goes together with leaving, not what causes it, nor which offer helps.',
      'Not for certainty about one customer: a probability of 80 % is wrong for one such customer in five.',
      'Not for customers, products, prices or times that the table does not have. When they change, train again.',
    ]),
  ];
}

function glance(content: CardContent): string[][] {
  const { manifest, report } = content;
  const { data, dataReport } = manifest;
  const gates = report.failedGates.length;
  const findings = dataReport?.findings.length ?? 0;
  return [
    ['Verdict', gates === 0 ? 'passed all gates' : `**refused: ${count(gates)} of its gates failed** (see Gates)`],
    ...rocAuc(manifest),
    [
      'Customers',
      `learned from ${count(data.developmentRows)}, judged on ${count(data.testRows)} others; ${percent(data.positiveShare)} left`,
    ],
    ...ofThousand(content),
    ...(findings === 0 ? [] : [['Data', `**${count(findings)} finding${findings === 1 ? '' : 's'}** (see Data)`]]),
  ];
}

function rocAuc({ metrics, intervals }: CardContent['manifest']): string[][] {
  const area = metrics['RocAUC'];
  if (area === undefined) return [];
  const ends = intervals?.['RocAUC']?.map((end) => decimal(end));
  const range = ends === undefined ? '' : ` (95 % interval ${ends.join(' to ')})`;
  return [
    ['ROC AUC', `${decimal(area)}${range}: so often a customer who left had a higher probability than one who stayed`],
  ];
}

function ofThousand({ manifest, report: { card } }: CardContent): string[][] {
  if (card === undefined) return [];
  const { flagged, found } = decidedBy(card, manifest.decision.threshold);
  const share = (part: number) => count(Math.round((part / card.rows) * 1000));
  const words = `it names ${share(flagged)} as leaving; ${share(found)} of these leave, and ${share(card.positives - found)} leave whom it does not name`;
  return [['Of 1,000 customers', words]];
}
