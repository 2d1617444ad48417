import { createHash } from 'node:crypto';
import {
  artifactKeys,
  type DataFinding,
  Manifest,
  MANIFEST_VERSION,
  type TrainingInput,
  TrainingReport,
} from '@churnops/crds';

/** How the played training turned out. */
export interface Outcome {
  readonly rocAuc?: string;
  readonly failedGates?: readonly string[];
  /** What was found in the table; absent as in reports of release 0.1.0. */
  readonly findings?: readonly DataFinding[];
}

function sha256(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex');
}

function manifestOf(input: TrainingInput, model: Buffer, rocAuc: number): Manifest {
  return Manifest.parse({
    version: MANIFEST_VERSION,
    model: { file: 'model.onnx', sha256: sha256(model), bytes: model.length, input: 'x', output: 'p', width: 1 },
    target: { label: input.data.label, positiveLabel: 'Yes', excludeLabels: [] },
    columns: [{ name: 'tenure', storedAs: 'Number', role: 'Feature', reason: '' }],
    features: [
      {
        name: 'tenure',
        type: 'Numeric',
        storedAs: 'Number',
        missingPolicy: 'Allow',
        encoding: { kind: 'Number' },
        offset: 0,
        width: 1,
        missingShare: 0,
      },
    ],
    decision: { policy: 'MaximumF1', threshold: 0.3117 },
    metrics: { RocAUC: rocAuc },
    baseline: { RocAUC: 0.5 },
    gates: [],
    parity: { rows: 1, maxAbsoluteDifference: 0 },
    data: {
      uri: input.data.uri,
      format: 'Csv',
      bytes: 1,
      sha256: sha256('data'),
      rows: 1,
      excludedRows: 0,
      duplicateRows: 0,
      developmentRows: 1,
      testRows: 1,
      positiveShare: 0.26,
    },
    parameters: {},
    seed: input.seed,
    warnings: [],
    goldenRows: [{ row: { tenure: 1 }, probability: 0.5 }],
    versions: { churnops: '0.1.0', xgboost: '3.2.0', onnxOpset: '15' },
    run: { startTime: '2026-01-01T00:00:00Z', completionTime: '2026-01-01T00:00:01Z', host: 'played' },
  });
}

/**
 * The merge patch with which a trainer publishes: the same bytes for the same input, so that two runs can be compared. The
 * graph is no ONNX: nothing in the integration ring loads it.
 */
export function publication(input: TrainingInput, outcome: Outcome): object {
  const rocAuc = outcome.rocAuc ?? '0.8431';
  const model = Buffer.from(`a graph grown from seed ${input.seed}`);
  const manifest = JSON.stringify(manifestOf(input, model, Number(rocAuc)));
  const report = TrainingReport.parse({
    artifactSha256: sha256(manifest),
    metrics: { RocAUC: rocAuc, LogLoss: '0.4152', CalibrationZ: '0.5000' },
    threshold: '0.3117',
    failedGates: outcome.failedGates ?? [],
    warnings: [],
    findings: outcome.findings,
  });
  return {
    binaryData: { [artifactKeys.model]: model.toString('base64') },
    data: {
      [artifactKeys.manifest]: manifest,
      [artifactKeys.report]: JSON.stringify(report),
      [artifactKeys.progress]: null,
    },
    immutable: true,
  };
}
