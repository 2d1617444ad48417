import { conditionMeanings, reasonMeanings } from '../conditions.js';
import { operatorMetrics, servingMetrics } from '../metrics.js';
import { ports } from '../names.js';
import { table } from './markdown-table.js';

/** The reference page of condition types and reasons. */
export function conditionsPage(): string {
  return [
    '# Conditions',
    'Conditions of a ChurnModel and of a ChurnModelRevision. Each carries `observedGeneration`: compare it with `metadata.generation` before you believe it.',
    table(
      ['Condition', 'Meaning'],
      Object.entries(conditionMeanings).map(([type, meaning]) => [`\`${type}\``, meaning]),
    ),
    '## Reasons',
    table(
      ['Reason', 'Conditions', 'Meaning'],
      Object.entries(reasonMeanings).map(([reason, { conditions, meaning }]) => [
        `\`${reason}\``,
        conditions.map((type) => `\`${type}\``).join(', '),
        meaning,
      ]),
    ),
  ].join('\n\n');
}

interface MetricRow {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}

function metricTable(metrics: Readonly<Record<string, MetricRow>>): string {
  const rows = Object.values(metrics).map(({ name, help, labels }) => [
    `\`${name}\``,
    labels.map((label) => `\`${label}\``).join(', '),
    help,
  ]);
  return table(['Metric', 'Labels', 'Meaning'], rows);
}

/** The reference page of every metric. */
export function metricsPage(): string {
  return [
    '# Metrics',
    'In the Prometheus text format, with base units.',
    '## Serving pods',
    `Port ${ports.metrics.number}, path \`/metrics\`.`,
    metricTable(servingMetrics),
    '## Operator',
    metricTable(operatorMetrics),
  ].join('\n\n');
}
