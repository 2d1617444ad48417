import type { CardContent } from '../card-content.js';
import { atMost, list, numbers, plainText, table } from '../markdown.js';
import type { ShowPlot } from '../model-card.js';
import { count, decimal, percent } from '../wording.js';

/** Columns that the card lists, of each kind. */
const MOST_COLUMNS = 60;

/** Characters of a sentence about the data that the card has; the manifest has all. */
const SENTENCE = 400;

/** What the model looks at, and what was found in the table. */
export function aboutData(content: CardContent, show: ShowPlot): string[] {
  const { dataReport, warnings } = content.manifest;
  const findings = (dataReport?.findings ?? []).map(
    ({ kind, message }) => `**${kind}**: ${plainText(message, SENTENCE)}`,
  );
  const sentences = [...findings, ...warnings.map((warning) => `Warning: ${plainText(warning, SENTENCE)}`)];
  return [
    ...importance(content, show),
    '## Data',
    ...foundIn(dataReport !== undefined, sentences),
    ...show('data'),
    ...usedColumns(content),
    ...unusedColumns(content),
  ];
}

function foundIn(isSearched: boolean, sentences: readonly string[]): string[] {
  if (sentences.length > 0) return [list(limited(sentences))];
  return isSearched ? ['Nothing was found in the table that a person should look at.'] : [];
}

/** Sentences that the card has. */
const MOST_SENTENCES = 40;

function limited(sentences: readonly string[]): string[] {
  const { shown, more } = atMost(sentences, MOST_SENTENCES);
  return more === 0 ? [...shown] : [...shown, `${count(more)} more are in manifest.json.`];
}

function importance({ report: { card } }: CardContent, show: ShowPlot): string[] {
  if (card === undefined || card.importances.length === 0) return [];
  return [
    '## What it looks at',
    'For each column its values are dealt to other customers, five times, and the ROC AUC measured again. The more it falls, the more the model relies on the column. Of columns that tell the same thing each alone looks unimportant. None of this says what makes customers leave.',
    ...show('importance'),
    table(
      ['Column', numbers('ROC AUC falls by'), numbers('least'), numbers('most')],
      card.importances.map(({ feature, drop, least, most }) => [
        plainText(feature),
        ...[drop, least, most].map((value) => decimal(value, 4)),
      ]),
    ),
  ];
}

function usedColumns({ manifest: { features, dataReport } }: CardContent): string[] {
  const reports = new Map(dataReport?.columns.map((report) => [report.name, report]));
  const { shown, more } = atMost(features, MOST_COLUMNS);
  const rows = shown.map(({ name, type, missingShare }) => {
    const report = reports.get(name);
    const alone = report?.auc === undefined ? '-' : decimal(report.auc);
    return [plainText(name), type, percent(missingShare), report === undefined ? '-' : count(report.distinct), alone];
  });
  return [
    `### Columns that it uses (${count(features.length)})`,
    table(['Column', 'Type', numbers('Missing'), numbers('Values'), numbers('ROC AUC alone')], rows),
    ...andMore(more),
  ];
}

function unusedColumns({ manifest: { columns } }: CardContent): string[] {
  const unused = columns.filter(({ role }) => role !== 'Feature' && role !== 'Label');
  if (unused.length === 0) return [];
  const { shown, more } = atMost(unused, MOST_COLUMNS);
  return [
    `### Columns that it does not use (${count(unused.length)})`,
    table(
      ['Column', 'Why'],
      shown.map(({ name, reason }) => [plainText(name), plainText(reason, SENTENCE)]),
    ),
    ...andMore(more),
  ];
}

function andMore(more: number): string[] {
  return more === 0 ? [] : [`${count(more)} more are in manifest.json.`];
}
