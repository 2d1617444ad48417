import { MANIFEST_VERSION, type Manifest } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { tenCustomers } from './fixtures/ten-customers.js';
import { makeArtifact } from './publish/artifact.js';
import { renderReport } from './report.js';
import type { ManifestDraft } from './train.js';

const draft: ManifestDraft = {
  version: MANIFEST_VERSION,
  model: {
    file: 'model.onnx',
    sha256: 'a'.repeat(64),
    bytes: 3,
    input: 'features',
    output: 'probabilities',
    width: 1,
  },
  target: { label: 'churn', positiveLabel: 'Yes', excludeLabels: [] },
  columns: [
    { name: 'id', storedAs: 'Text', role: 'EntityKey', reason: 'it names the customer' },
    { name: 'spend', storedAs: 'Number', role: 'Feature', reason: '' },
    { name: 'churn_reason', storedAs: 'Text', role: 'Dropped', reason: 'it gives the label away' },
    { name: 'churn', storedAs: 'Text', role: 'Label', reason: 'it is the label' },
  ],
  features: [
    {
      name: 'spend',
      type: 'Numeric',
      storedAs: 'Number',
      missingPolicy: 'Allow',
      encoding: { kind: 'Number' },
      offset: 0,
      width: 1,
      missingShare: 0,
    },
  ],
  decision: { policy: 'MaximumF1', threshold: 0.3141 },
  metrics: { RocAUC: 0.8412345, Accuracy: 0.8 },
  baseline: { RocAUC: 0.5, Accuracy: 0.7 },
  intervals: { RocAUC: [0.82, 0.86] },
  logisticRegression: { RocAUC: 0.83 },
  slices: [
    {
      feature: 'gender',
      value: 'Female',
      rows: 100,
      positives: 20,
      flaggedShare: 0.3,
      metrics: { RocAUC: 0.83, Recall: 0.7 },
    },
    { feature: 'gender', value: '(missing)', rows: 3, positives: 1, flaggedShare: 0 },
  ],
  comparison: {
    artifactSha256: 'c'.repeat(64),
    rows: 200,
    current: { RocAUC: 0.84 },
    change: { RocAUC: 0.0012 },
    intervals: { RocAUC: [-0.002, 0.0044] },
  },
  gates: [
    { metric: 'RocAUC', minValue: '0.60', value: 0.8412345, passed: true },
    {
      metric: 'LogLoss',
      maxChange: '0.01',
      value: 0.4,
      current: 0.401,
      change: -0.001,
      changeInterval: [-0.003, 0.001],
      passed: true,
    },
    { metric: 'F1', minValue: '0.30', minChange: '-0.02', value: 0.6, passed: true },
  ],
  parity: { rows: 1000, maxAbsoluteDifference: 1.2e-7 },
  data: {
    uri: 'file:///t.csv',
    format: 'Csv',
    bytes: 9,
    sha256: 'b'.repeat(64),
    rows: 1000,
    excludedRows: 7,
    duplicateRows: 0,
    developmentRows: 800,
    testRows: 200,
    positiveShare: 0.265,
  },
  parameters: {},
  seed: 42,
  warnings: [],
  dataReport: {
    findings: [
      { kind: 'LeakingColumn', column: 'churn_reason', message: 'Column "churn_reason" gives the label away.' },
    ],
    columns: [
      { name: 'churn_reason', missingShare: 0.735, distinct: 6, auc: 0.998, aucLowerBound: 0.997 },
      {
        name: 'spend',
        missingShare: 0.002,
        distinct: 90,
        auc: 0.7123,
        aucLowerBound: 0.69,
        readAs: 'numbers with decimal commas',
      },
    ],
  },
  goldenRows: [{ row: { spend: 1 }, probability: 0.5 }],
  versions: { churnops: '0.1.0', xgboost: '3.2.0', onnxOpset: 'ai.onnx.ml 3' },
};

const run: Manifest['run'] = {
  startTime: '2026-01-01T00:00:00Z',
  completionTime: '2026-01-01T00:01:00Z',
  host: 'here',
};

function rendered(changes: Partial<ManifestDraft> = {}): string {
  const artifact = makeArtifact(
    { manifest: { ...draft, ...changes }, onnx: new Uint8Array(3), replay: undefined, card: tenCustomers },
    run,
  );
  return renderReport(artifact, 'model/');
}

describe('the report for a person', () => {
  it.each([
    ['the data', /1000 customers, 26\.5 % left \("churn" is "Yes"\)/],
    ['the rows left out', /7 rows left out for their label/],
    ['the features', /Columns: 1 used/],
    ['what a column is like', /^ {2}spend +0\.2 % +90 +0\.7123 {2}Numeric, read as numbers with decimal commas$/m],
    ['why a column is not used', /^ {2}id +not used: it names the customer$/m],
    ['the figure of a leak', /^ {2}churn_reason +73\.5 % +6 +0\.9980 {2}not used: it gives the label away$/m],
    ['what was found in the data', /^Findings in the data\n {2}Column "churn_reason" gives the label away\.$/m],
    ['the figures with interval and baselines', /ROC AUC +0\.8412 +0\.8200 to 0\.8600 +0\.8300 +0\.5000/],
    ['against the current model', /ROC AUC +0\.8400 +0\.0012 +-0\.0020 to 0\.0044/],
    ['protected features', /gender: Female +100 +20\.0 % +30\.0 % +0\.8300 +0\.7000/],
    ['a slice that is only counted', /gender: \(missing\) +3 +33\.3 % +0\.0 % +- +-/],
    [
      'a gate on the change',
      /passed: LogLoss 0\.4000 \(change -0\.0010, with 95 % interval -0\.0030 to 0\.0010, at most 0\.01\)/,
    ],
    [
      'a gate with nothing to compare with',
      /passed: F1 0\.6000 \(at least 0\.30; change at least -0\.02: not judged, there is no model to compare with\)/,
    ],
    ['a figure that is not there', /PR AUC +- +- +- +-/],
    ['the threshold', /from probability 0\.3141 on/],
    ['the gates that hold', /passed: RocAUC 0\.8412 \(at least 0\.60\)/],
    ['where the files are', /^ {2}model\/manifest\.json +sha256 [0-9a-f]{64}$/m],
    ['what to do next', /Next: bin\/churnops serve model\//],
  ])('tells %s', (_, line) => {
    expect(rendered()).toMatch(line);
  });

  it('says that a gate refuses the model, and does not offer to serve it', () => {
    const report = rendered({ gates: [{ metric: 'RocAUC', minValue: '0.90', value: 0.84, passed: false }] });
    expect(report).toContain('FAILED: RocAUC 0.8400 is below minValue 0.90');
    expect(report).toContain('a cluster would not serve it');
    expect(report).not.toContain('Next:');
  });

  it('is complete for an artifact of release 0.1.0, which has no data report', () => {
    const older = { ...draft };
    delete older.dataReport;
    const artifact = makeArtifact(
      { manifest: older, onnx: new Uint8Array(3), replay: undefined, card: tenCustomers },
      run,
    );
    const report = renderReport(artifact, 'model/');
    expect(report).toMatch(/^ {2}spend +Numeric$/m);
    expect(report).not.toContain('Findings');
  });

  it('has warnings only when there are some', () => {
    expect(rendered()).not.toContain('Warnings');
    expect(rendered({ warnings: ['Mind the gap.'] })).toContain('Warnings\n  Mind the gap.\n');
  });
});
