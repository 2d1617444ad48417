import { createHash } from 'node:crypto';
import { MANIFEST_VERSION, MAX_ARTIFACT_BYTES } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { tenCustomers } from '../fixtures/ten-customers.js';
import type { ManifestDraft } from '../train.js';
import { checkSize, makeArtifact } from './artifact.js';

const draft: ManifestDraft = {
  version: MANIFEST_VERSION,
  model: { file: 'model.onnx', sha256: 'a'.repeat(64), bytes: 3, input: 'x', output: 'p', width: 1 },
  target: { label: 'churn', positiveLabel: 'Yes', excludeLabels: [] },
  columns: [{ name: 'spend', storedAs: 'Number', role: 'Feature', reason: '' }],
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
  metrics: { RocAUC: 0.84 },
  baseline: { RocAUC: 0.5 },
  gates: [],
  parity: { rows: 1000, maxAbsoluteDifference: 1e-7 },
  data: {
    uri: 'file:///t.csv',
    format: 'Csv',
    bytes: 9,
    sha256: 'b'.repeat(64),
    rows: 1000,
    excludedRows: 0,
    duplicateRows: 0,
    developmentRows: 800,
    testRows: 200,
    positiveShare: 0.265,
  },
  parameters: {},
  seed: 42,
  warnings: [],
  dataReport: {
    findings: [{ kind: 'LeakingColumn', column: 'churn_reason', message: 'It gives the label away.' }],
    columns: [{ name: 'spend', missingShare: 0, distinct: 90, auc: 0.7, aucLowerBound: 0.68 }],
  },
  goldenRows: [{ row: { spend: 1 }, probability: 0.5 }],
  versions: { churnops: '0.1.0', xgboost: '3.2.0', onnxOpset: 'ai.onnx.ml 3' },
};
const run = { startTime: '2026-01-01T00:00:00Z', completionTime: '2026-01-01T00:01:00Z', host: 'here' };
const replay = { columns: ['spend'], rows: Array.from({ length: 500 }, (_, row) => [row]) };

function artifact(modelBytes: number) {
  return makeArtifact({ manifest: draft, onnx: new Uint8Array(modelBytes), replay, card: tenCustomers }, run);
}

/** Bytes of what a model is never published without. */
function sizeOf({ manifestText, reportText }: ReturnType<typeof artifact>): number {
  return manifestText.length + reportText.length;
}

/** Bytes of the model card with its plots. */
const cardBytes = [...artifact(3).card.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);

/** Bytes of the largest model that leaves room for everything else but rows to replay. */
const largest = MAX_ARTIFACT_BYTES - sizeOf(artifact(MAX_ARTIFACT_BYTES)) - 600;

describe('an artifact', () => {
  it('names the rows to replay by their hash', () => {
    const { manifest, replayText = '' } = artifact(3);
    const sha256 = createHash('sha256').update(replayText).digest('hex');
    expect(manifest.replay).toEqual({ file: 'replay.json', sha256, rows: 500 });
    expect(JSON.parse(replayText)).toEqual(replay);
  });

  it('tells what was found in the data in the report that the operator reads', () => {
    expect(artifact(3).report.findings).toEqual(draft.dataReport?.findings);
  });

  it('has a model card that names it, with its plots', () => {
    const { card, report } = artifact(3);
    expect(card.get('model-card.md')).toContain(report.artifactSha256);
    expect(card.size).toBe(8);
    expect(report.card).toEqual(tenCustomers);
  });

  it.each([
    ['model card and some of the rows to replay', largest - cardBytes - 1_000, true, true],
    ['model card and none of the rows to replay', largest - cardBytes + 335, false, true],
    ['no model card, and some of the rows to replay', largest - 1_000, true, false],
    ['neither model card nor rows to replay', largest + 500, false, false],
  ])('has %s beside a large model, and fits still', (_, modelBytes, hasRows, hasCard) => {
    const made = artifact(modelBytes);
    expect(() => {
      checkSize(made);
    }).not.toThrow();
    const { rows } = made.manifest.replay ?? { rows: 0 };
    expect(rows).toBeLessThan(500);
    expect(made.card.size > 0).toBe(hasCard);
    expect([rows > 0, made.replayText !== undefined]).toEqual([hasRows, hasRows]);
    expect(made.report.artifactSha256).toBe(createHash('sha256').update(made.manifestText).digest('hex'));
  });
});
