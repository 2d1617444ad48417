import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { artifactContent } from './artifact-content.js';

const manifest = '{"version":"churnops.dev/artifact/v1"}';
const sha256 = createHash('sha256').update(manifest).digest('hex');
const report = { artifactSha256: sha256, metrics: { RocAUC: '0.8400' }, threshold: '0.3117', warnings: [] };

function configMap(data?: Record<string, string>) {
  const metadata = { name: 'telco-1-artifact', namespace: 'retention', uid: 'uid', resourceVersion: '1' };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, ...(data === undefined ? {} : { data }) };
}

function filled(differences: object = {}) {
  const text = JSON.stringify({ ...report, failedGates: [], ...differences });
  return configMap({ 'manifest.json': manifest, 'report.json': text });
}

const open = { kind: 'Open', step: undefined, percent: undefined };
const complete = {
  kind: 'Complete',
  sha256,
  figures: { metrics: { RocAUC: '0.8400' } },
  threshold: '0.3117',
  failedGates: [],
};

describe('artifactContent', () => {
  it.each([
    ['is absent without a ConfigMap', undefined, { kind: 'Absent' }],
    ['is open in an empty ConfigMap', configMap(), open],
    ['is open without a report', configMap({ 'manifest.json': manifest }), open],
    ['is open without a manifest', configMap({ 'report.json': JSON.stringify(report) }), open],
    [
      'tells how far training is',
      configMap({ 'progress.json': '{"step":"Train","percent":60}' }),
      { ...open, step: 'Train', percent: 60 },
    ],
    ['is open when the progress is broken', configMap({ 'progress.json': '{"step":' }), open],
    ['is open when the progress is of another release', configMap({ 'progress.json': '{"phase":1}' }), open],
    ['is complete when the report fits the manifest', filled(), complete],
    [
      'names the gates that failed',
      filled({ failedGates: ['RocAUC 0.55 is below minValue 0.60'] }),
      { ...complete, failedGates: ['RocAUC 0.55 is below minValue 0.60'] },
    ],
    [
      'tells what was found in the data',
      filled({ findings: [{ kind: 'TooFewRows', message: 'Few rows.' }] }),
      { ...complete, findings: [{ kind: 'TooFewRows', message: 'Few rows.' }] },
    ],
    [
      'knows that a model card lies with it',
      configMap({ ...filled().data, 'model-card.md': '# Model card' }),
      { ...complete, figures: { ...complete.figures, modelCard: 'telco-1-artifact' } },
    ],
  ])('%s', (_, object, expected) => {
    expect(artifactContent(object)).toEqual(expected);
  });

  it.each([
    ['is not JSON', configMap({ 'manifest.json': manifest, 'report.json': '{"artifactSha256":' }), 'report.json'],
    ['lacks a field', filled({ threshold: undefined }), 'threshold'],
    ['has an unknown field', filled({ approved: true }), 'approved'],
    ['speaks of another manifest', filled({ artifactSha256: '0'.repeat(64) }), sha256],
  ])('is broken when the report %s, and says where', (_, object, word) => {
    const content = artifactContent(object);
    expect(content.kind).toBe('Broken');
    const message = content.kind === 'Broken' ? content.message : '';
    expect(message).toContain('telco-1-artifact');
    expect(message).toContain(word);
  });
});
