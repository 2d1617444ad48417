import { artifactKeys, type ColumnReport, type Manifest } from '@churnops/crds';
import { join } from 'node:path';
import { gateSentence } from './evaluation/pass-gates.js';
import type { Artifact } from './publish/artifact.js';

/** The report of a training run for a person: what was learned from, how good it is, and what to do next. */
export function renderReport(artifact: Artifact, directory: string): string {
  const { manifest } = artifact;
  const sections = [
    dataLines(manifest),
    columnLines(manifest),
    findingLines(manifest),
    figureLines(manifest),
    decisionLines(manifest),
    gateLines(manifest),
    manifest.warnings.length === 0 ? [] : ['Warnings', ...manifest.warnings.map((warning) => `  ${warning}`)],
    fileLines(artifact, directory),
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
  Lift10: 'lift in the top 10 %',
  F1: 'F1',
  Precision: 'precision',
  Recall: 'recall',
  Accuracy: 'accuracy',
} as const;

function figureLines({ metrics, baseline }: Manifest): string[] {
  const rows = Object.entries(figureNames).map(
    ([key, name]) => `  ${name.padEnd(34)}${figure(metrics[key])}${figure(baseline[key])}`,
  );
  return [`${'Figures on held-out customers'.padEnd(36)}${'model'.padStart(10)}${'share'.padStart(10)}`, ...rows];
}

function figure(value: number | undefined): string {
  return (value === undefined ? '-' : value.toFixed(4)).padStart(10);
}

function decisionLines({ decision, parity }: Manifest): string[] {
  const policy = decision.policy === 'Fixed' ? 'as given' : 'best F1 on rows that each model had not seen';
  return [
    'Decision',
    `  a customer counts as leaving from probability ${decision.threshold.toFixed(4)} on (${policy})`,
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
  ];
  return `${gate.metric} ${gate.value.toFixed(4)} (${bounds.join(', ')})`;
}

function fileLines({ manifest, report }: Artifact, directory: string): string[] {
  const refused = report.failedGates.length > 0;
  return [
    'Files',
    `  ${join(directory, artifactKeys.model)}     ${manifest.model.bytes} bytes, sha256 ${manifest.model.sha256}`,
    `  ${join(directory, artifactKeys.manifest)}  sha256 ${report.artifactSha256}`,
    `  ${join(directory, artifactKeys.report)}`,
    ...(manifest.replay === undefined
      ? []
      : [`  ${join(directory, artifactKeys.replay)}    ${manifest.replay.rows} held-out rows`]),
    '',
    refused
      ? 'The model was written, but a gate refuses it: a cluster would not serve it.'
      : `Next: bin/churnops serve ${directory} --port 8080 --authentication None`,
  ];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
