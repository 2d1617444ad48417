import type { CardContent } from '../card-content.js';
import { plainText, table } from '../markdown.js';
import { count, percent } from '../wording.js';

/** How the model was made: enough to make it again, and to tell whether it is this one. */
export function aboutMaking({ manifest, report }: CardContent): string[] {
  const { parity } = manifest;
  return [
    '## How it was made',
    'The same data, seed and version give the same model, byte for byte.',
    table(['Made from', ''], [...origin({ manifest, report })]),
    `What is served is an ONNX graph; on ${count(parity.rows)} rows its probabilities are at most ${parity.maxAbsoluteDifference.toExponential(1)} apart from those of XGBoost.`,
    table(
      ['Parameter', 'Value'],
      Object.entries(manifest.parameters).map(([name, value]) => [plainText(name), plainText(String(value))]),
    ),
  ];
}

function* origin({ manifest, report }: CardContent): Generator<string[]> {
  const { data, target, versions, run, model, search } = manifest;
  yield ['Table', plainText(data.uri, 300)];
  yield ['SHA-256 of the table', data.sha256];
  if (data.etag !== undefined) yield ['ETag', plainText(data.etag)];
  yield ['Size', `${count(data.bytes)} bytes, ${data.format}`];
  yield ['Rows used', `${count(data.rows)}, of which ${percent(data.positiveShare)} left`];
  if (data.excludedRows > 0)
    yield [
      'Rows left out for their label',
      `${count(data.excludedRows)} (${target.excludeLabels
        .slice(0, 20)
        .map((label) => plainText(label))
        .join(', ')})`,
    ];
  if (data.duplicateRows > 0) yield ['Rows that repeat the features of another', count(data.duplicateRows)];
  yield ['Rows to learn from, to judge on', `${count(data.developmentRows)}, ${count(data.testRows)}`];
  yield ['Seed', String(manifest.seed)];
  if (search !== undefined) yield ['Sets of parameters tried', count(search.trialsDone)];
  yield [
    'ChurnOps, XGBoost, ONNX',
    [versions.churnops, versions.xgboost, versions.onnxOpset].map((version) => plainText(version)).join(', '),
  ];
  yield [
    'Training',
    `${plainText(run.startTime)} to ${plainText(run.completionTime)}${run.job === undefined ? '' : `, Job ${plainText(run.job)}`}`,
  ];
  yield ['Artifact (SHA-256 of manifest.json)', report.artifactSha256];
  yield ['Graph (SHA-256 of model.onnx)', `${model.sha256}, ${count(model.bytes)} bytes`];
}
