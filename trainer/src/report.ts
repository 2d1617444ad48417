import { artifactKeys, type ColumnReport, type Manifest } from '@churnops/crds';
import { join } from 'node:path';
import { gateSentence } from './evaluation/pass-gates.js';
import type { Artifact } from './publish/artifact.js';

/** What a report tells of: a model that was just made, or one that lies in a folder. */
type Reported = Pick<Artifact, 'manifest' | 'report'> & Partial<Pick<Artifact, 'card'>>;

/** The report of a training run for a person: what was learned from, how good it is, and what to do next. */
export function renderReport(artifact: Reported, directory?: string): string {
  const { manifest } = artifact;
  const sections = [
    dataLines(manifest),
    columnLines(manifest),
    findingLines(manifest),
    figureLines(manifest),
    comparisonLines(manifest),
    sliceLines(manifest),
    decisionLines(manifest),
    gateLines(manifest),
    manifest.warnings.length === 0 ? [] : ['Warnings', ...manifest.warnings.map((warning) => `  ${warning}`)],
    directory === undefined ? [] : fileLines(artifact, directory),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function dataLines({ data, target }: Manifest): string[] {
  return [
    'Data',
    `  ${data.rows} customers, ${percent(data.positiveShare)} left ("${target.label}" is "${target.positiveLabel}")`,
    `  learned from ${data.developmentRows}, judged on ${data.testRows} that were held out`,
    ...(data.excludedRows === 0 ? [] : [`  ${data.excludedRows} rows left out for their label`]),
    ...(data.duplicateRows === 0 ? [] : [`  ${data.duplicateRows} rows repeat the features of another`]),
  ];
}

function columnLines({ columns, features, dataReport }: Manifest): string[] {
  const unused = columns.filter((column) => column.role !== 'Feature' && column.role !== 'Label');
  const width = Math.max(...columns.map((column) => column.name.length), 0);
  const reports = new Map(dataReport?.columns.map((report) => [report.name, report]));
  return [
    `${`Columns: ${features.length} used`.padEnd(width + 2)}${['missing', 'values', 'AUC alone'].map((head) => head.padStart(11)).join('')}`,
    ...features.map(
      ({ name, type }) =>
        `  ${name.padEnd(width)}${shapeCells(reports.get(name))}  ${type}${readAs(reports.get(name))}`,
    ),
    ...unused.map(
      ({ name, reason }) =>
        `  ${name.padEnd(width)}${shapeCells(reports.get(name))}  not used: ${reason}${readAs(reports.get(name))}`,
    ),
  ];
}

function shapeCells(report: ColumnReport | undefined): string {
  const cells = [
    report === undefined ? '' : percent(report.missingShare),
    report === undefined ? '' : String(report.distinct),
    report?.auc === undefined ? '' : report.auc.toFixed(4),
  ];
  return cells.map((cell) => cell.padStart(11)).join('');
}

function readAs(report: ColumnReport | undefined): string {
  return report?.readAs === undefined ? '' : `, read as ${report.readAs}`;
}

function findingLines({ dataReport }: Manifest): string[] {
  const findings = dataReport?.findings ?? [];
  return findings.length === 0 ? [] : ['Findings in the data', ...findings.map(({ message }) => `  ${message}`)];
}

const figureNames = {
  RocAUC: 'ROC AUC',
  PrAUC: 'PR AUC',
  LogLoss: 'log loss (lower is better)',
  Brier: 'Brier score (lower is better)',
  CalibrationZ: 'calibration z (near 0 is better)',
  ECE: 'calibration error (lower is better)',
  Lift10: 'lift in the top 10 %',
  F1: 'F1',
  Precision: 'precision',
  Recall: 'recall',
  Accuracy: 'accuracy',
  ProfitPerCustomer: 'expected profit per customer',
} as const;

function figureLines(manifest: Manifest): string[] {
  const { metrics, baseline, intervals = {}, logisticRegression } = manifest;
  const rows = Object.entries(figureNames).map(
    ([key, name]) =>
      `  ${name.padEnd(34)}${figure(metrics[key])}${interval(intervals[key])}${figure(logisticRegression?.[key])}${figure(baseline[key])}`,
  );
  const perfect = metrics['ECEPerfect95'];
  const heads = `${'model'.padStart(10)}${'95 % interval'.padStart(20)}${'logistic'.padStart(10)}${'share'.padStart(10)}`;
  return [
    `${'Figures on held-out customers'.padEnd(36)}${heads}`,
    ...rows,
    ...(perfect === undefined
      ? []
      : [`  a perfect model's calibration error stays below ${perfect.toFixed(4)} in 95 % of cases`]),
  ];
}

function interval(ends: readonly [number, number] | undefined): string {
  return (ends === undefined ? '-' : `${ends[0].toFixed(4)} to ${ends[1].toFixed(4)}`).padStart(20);
}

function figure(value: number | undefined): string {
  return (value === undefined ? '-' : value.toFixed(4)).padStart(10);
}

/** Figures in which the current model is compared, the ones that gates judge by default first. */
const comparedFigures = ['RocAUC', 'LogLoss', 'F1', 'ProfitPerCustomer'] as const;

function comparisonLines({ comparison }: Manifest): string[] {
  if (comparison === undefined) return [];
  const { current, change, intervals, rows } = comparison;
  return [
    `${`Against the current model, on ${rows} rows`.padEnd(36)}${'current'.padStart(10)}${'change'.padStart(10)}${'95 % interval'.padStart(20)}`,
    ...comparedFigures.map(
      (key) =>
        `  ${figureNames[key].padEnd(34)}${figure(current[key])}${figure(change[key])}${interval(intervals[key])}`,
    ),
  ];
}

function sliceLines({ slices = [] }: Manifest): string[] {
  if (slices.length === 0) return [];
  const name = ({ feature, value }: (typeof slices)[number]) => `${feature}: ${value}`;
  const width = Math.max(34, ...slices.map((slice) => name(slice).length + 2));
  const heads = ['rows', 'left', 'flagged', 'ROC AUC', 'recall'].map((head) => head.padStart(10)).join('');
  return [
    `${'Protected features'.padEnd(width + 2)}${heads}`,
    ...slices.map((slice) => {
      const { rows, positives, flaggedShare, metrics } = slice;
      const shares = [String(rows), percent(positives / rows), percent(flaggedShare)].map((text) => text.padStart(10));
      return `  ${name(slice).padEnd(width)}${shares.join('')}${figure(metrics?.['RocAUC'])}${figure(metrics?.['Recall'])}`;
    }),
  ];
}

const policyNames = {
  Fixed: 'as given',
  MaximumF1: 'best F1 on rows that each model had not seen',
  MaximumProfit: 'where an offer begins to pay',
  TopFraction: 'so that the wanted share of customers does',
} as const;

function decisionLines({ decision, calibration, parity }: Manifest): string[] {
  const policy = policyNames[decision.policy];
  const corrected =
    calibration?.method === 'Sigmoid' ? ['  probabilities are corrected by a sigmoid, which is part of the graph'] : [];
  return [
    'Decision',
    `  a customer counts as leaving from probability ${decision.threshold.toFixed(4)} on (${policy})`,
    ...corrected,
    `  ONNX Runtime against XGBoost: ${parity.maxAbsoluteDifference.toExponential(1)} apart at most over ${parity.rows} rows`,
  ];
}

function gateLines({ gates }: Manifest): string[] {
  return [
    'Gates',
    ...gates.map((gate) => (gate.passed ? `  passed: ${passedGate(gate)}` : `  FAILED: ${gateSentence(gate)}`)),
  ];
}

function passedGate(gate: Manifest['gates'][number]): string {
  const bounds = [
    ...(gate.minValue === undefined ? [] : [`at least ${gate.minValue}`]),
    ...(gate.maxValue === undefined ? [] : [`at most ${gate.maxValue}`]),
    ...(gate.minChange === undefined ? [] : [changeBound(gate, `at least ${gate.minChange}`)]),
    ...(gate.maxChange === undefined ? [] : [changeBound(gate, `at most ${gate.maxChange}`)]),
  ];
  return `${gate.metric} ${gate.value.toFixed(4)} (${bounds.join('; ')})`;
}

function changeBound({ change, changeInterval }: Manifest['gates'][number], bound: string): string {
  if (change === undefined || changeInterval === undefined) {
    return `change ${bound}: not judged, there is no model to compare with`;
  }
  const [low, high] = changeInterval;
  return `change ${change.toFixed(4)}, with 95 % interval ${low.toFixed(4)} to ${high.toFixed(4)}, ${bound}`;
}

function fileLines({ manifest, report, card }: Reported, directory: string): string[] {
  const refused = report.failedGates.length > 0;
  return [
    'Files',
    `  ${join(directory, artifactKeys.model)}     ${manifest.model.bytes} bytes, sha256 ${manifest.model.sha256}`,
    `  ${join(directory, artifactKeys.manifest)}  sha256 ${report.artifactSha256}`,
    `  ${join(directory, artifactKeys.report)}`,
    ...(manifest.replay === undefined
      ? []
      : [`  ${join(directory, artifactKeys.replay)}    ${manifest.replay.rows} held-out rows`]),
    ...(card === undefined || card.size === 0
      ? []
      : [`  ${join(directory, artifactKeys.card)}  model card, with ${card.size - 1} plots`]),
    '',
    refused
      ? 'The model was written, but a gate refuses it: a cluster would not serve it.'
      : `Next: bin/churnops serve ${directory} --port 8080 --authentication None`,
  ];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
