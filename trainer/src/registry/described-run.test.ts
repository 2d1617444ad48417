import type { RegisteredVersion, Registration } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { toldManifest } from '../fixtures/told-manifest.js';
import { describedRun, ToldManifest, versionText } from './described-run.js';

const version: RegisteredVersion = {
  revision: 'telco-1',
  sha256: 'a'.repeat(64),
  folder: '/artifacts/telco-1',
  source: 's3://models/telco-1',
};
const registration: Registration = {
  url: 'http://mlflow:5000',
  name: 'retention.telco',
  model: 'retention/telco',
  modelUid: 'uid',
  versions: [version],
  refused: [],
  champion: { alias: 'champion', sha256: null },
  challenger: { alias: 'challenger', sha256: null },
};

const pairs = (list: readonly { key: string; value: unknown }[]) =>
  Object.fromEntries(list.map(({ key, value }) => [key, value]));

describe('the run of a training', () => {
  const run = describedRun(toldManifest(), version, registration);

  it('has the times of the training', () => {
    expect([run.startTime, run.endTime]).toEqual([
      Date.parse('2026-03-01T11:00:00Z'),
      Date.parse('2026-03-01T11:01:00Z'),
    ]);
  });

  it('has what it was trained with as parameters', () => {
    expect(pairs(run.params)).toEqual({
      max_depth: '4',
      eta: '0.05',
      num_boost_round: '120',
      seed: '42',
      label: 'churn',
      positiveLabel: 'Yes',
      features: '2',
      rows: '7043',
      developmentRows: '5640',
      testRows: '1403',
      thresholdPolicy: 'MaximumF1',
    });
  });

  it('has what it came to as metrics, with intervals and the baseline', () => {
    expect(pairs(run.metrics)).toEqual({
      RocAUC: 0.8471,
      LogLoss: 0.4142,
      threshold: 0.3117,
      'baseline.LogLoss': 0.5786,
      'logisticRegression.RocAUC': 0.8402,
      'low.RocAUC': 0.824,
      'high.RocAUC': 0.869,
    });
  });

  it('says in tags where it comes from, and shows warnings', () => {
    expect(pairs(run.tags)).toMatchObject({
      'churnops.dev/model': 'retention/telco',
      'churnops.dev/model-uid': 'uid',
      'churnops.dev/revision': 'telco-1',
      'churnops.dev/artifact-sha256': 'a'.repeat(64),
      'churnops.dev/data-uri': 's3://lake/telco.csv',
      'churnops.dev/version.xgboost': '3.2.0',
      'mlflow.source.name': 'telco-1-train',
      'mlflow.note.content': '- Column x has one value.',
    });
  });

  it('says of a model that a gate refused which one, first of all', () => {
    const refusal = 'RocAUC 0.5500 is below minValue 0.60.';
    const refused = describedRun(toldManifest(), { ...version, refusal }, registration);
    expect(pairs(refused.tags)).toMatchObject({
      'churnops.dev/refused': refusal,
      'mlflow.note.content': `- Refused, never served: ${refusal}\n- Column x has one value.`,
    });
    expect(pairs(run.tags)).not.toHaveProperty(['churnops.dev/refused']);
  });

  it('leaves out what MLflow can not hold', () => {
    const odd = toldManifest({ metrics: { RocAUC: Number.NaN, LogLoss: 0.4 }, parameters: { long: 'x'.repeat(9000) } });
    const described = describedRun(odd, version, registration);
    expect(pairs(described.metrics)).not.toHaveProperty('RocAUC');
    expect(pairs(described.params)['long']).toHaveLength(250);
  });

  it('is made of manifests of release 0.1.0 too, which have no intervals, and of later ones with more', () => {
    const other = { ...toldManifest(), intervals: undefined, search: { trialsDone: 16 } };
    const parsed = ToldManifest.parse(other);
    expect(describedRun(parsed, version, registration).metrics.map(({ key }) => key)).not.toContain('low.RocAUC');
  });
});

describe('a version', () => {
  it('is described in a sentence', () => {
    expect(versionText(toldManifest(), version, registration)).toBe(
      'Revision telco-1 of ChurnModel retention/telco: RocAUC 0.8471, LogLoss 0.4142.',
    );
  });
});
