import { createHash } from 'node:crypto';
import { Manifest, TrainingReport, artifactKeys, MAX_ARTIFACT_BYTES } from '@churnops/crds';
import { gateSentence } from '../evaluation/pass-gates.js';
import { TrainingProblem } from '../failure.js';
import type { TrainedModel } from '../train.js';

/** The three files of an artifact, by the names of `artifactKeys`. */
export interface Artifact {
  readonly manifest: Manifest;
  readonly report: TrainingReport;
  readonly onnx: Uint8Array<ArrayBuffer>;
  /** Bytes of manifest.json; their SHA-256 is the artifact's identity. */
  readonly manifestText: string;
  readonly reportText: string;
}

/** Makes the files of an artifact. The order of keys is that of the manifest's schema, so equal models give equal bytes. */
export function makeArtifact(model: TrainedModel, run: Manifest['run']): Artifact {
  const manifest = Manifest.parse({ ...model.manifest, run });
  const manifestText = `${JSON.stringify(manifest)}\n`;
  const report = TrainingReport.parse({
    artifactSha256: createHash('sha256').update(manifestText).digest('hex'),
    metrics: reportedMetrics(manifest),
    threshold: manifest.decision.threshold.toFixed(4),
    failedGates: manifest.gates.filter((gate) => !gate.passed).map(gateSentence),
    warnings: manifest.warnings,
  });
  return { manifest, report, onnx: model.onnx, manifestText, reportText: `${JSON.stringify(report)}\n` };
}

/** Accuracy is left to the manifest: where few leave it flatters every model. */
function reportedMetrics(manifest: Manifest): Record<string, string> {
  const reported = Object.entries(manifest.metrics).filter(([name]) => name !== 'Accuracy');
  return Object.fromEntries(reported.map(([name, value]) => [name, value.toFixed(4)]));
}

/** Refuses an artifact that a ConfigMap can't hold. */
export function checkSize(artifact: Artifact): void {
  const { model, manifest, report } = artifactKeys;
  const sizes = [
    [model, artifact.onnx.length],
    [manifest, Buffer.byteLength(artifact.manifestText)],
    [report, Buffer.byteLength(artifact.reportText)],
  ] as const;
  const bytes = sizes.reduce((sum, [, size]) => sum + size, 0);
  if (bytes <= MAX_ARTIFACT_BYTES) return;
  const parts = sizes.map(([name, size]) => `${name} ${size}`).join(', ');
  throw new TrainingProblem(
    'ArtifactTooLarge',
    `The artifact has ${bytes} bytes (${parts}), and a ConfigMap holds ${MAX_ARTIFACT_BYTES}: leave out columns with spec.data.excludeColumns.`,
  );
}
