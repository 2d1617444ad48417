import { createHash } from 'node:crypto';
import { artifactKeys, Manifest, TrainingProgress, TrainingReport } from '@churnops/crds';
import { z } from 'zod';
import type { KubeObject } from './runtime/kube-object.js';
import type { ArtifactContent, Contract } from './world.js';

const ConfigMapObject = z.looseObject({ data: z.record(z.string(), z.string()).optional() });

/** What an artifact ConfigMap holds. The manifest is hashed here, so that the trainer's word is not all there is. */
export function artifactContent(object: KubeObject | undefined): ArtifactContent {
  if (object === undefined) return { kind: 'Absent' };
  const data = ConfigMapObject.parse(object).data ?? {};
  const manifest = data[artifactKeys.manifest];
  const report = data[artifactKeys.report];
  if (manifest === undefined || report === undefined) return openContent(data[artifactKeys.progress]);
  const content = completeContent(object.metadata.name, manifest, report);
  if (content.kind !== 'Complete' || !(artifactKeys.card in data)) return content;
  return { ...content, figures: { ...content.figures, modelCard: object.metadata.name } };
}

/** The contract that the manifest of an artifact ConfigMap tells; undefined when there is none that this release can read. */
export function contractOf(object: KubeObject | undefined): Contract | undefined {
  const data = ConfigMapObject.safeParse(object).data?.data ?? {};
  return Manifest.pick({ columns: true, features: true })
    .extend({ data: z.looseObject({ rows: z.int() }) })
    .loose()
    .safeParse(parseJson(data[artifactKeys.manifest] ?? '')).data;
}

function openContent(progress: string | undefined): ArtifactContent {
  const parsed = TrainingProgress.safeParse(parseJson(progress ?? 'null')).data;
  return { kind: 'Open', step: parsed?.step, percent: parsed?.percent };
}

function completeContent(name: string, manifest: string, text: string): ArtifactContent {
  const report = TrainingReport.safeParse(parseJson(text));
  if (!report.success) {
    return {
      kind: 'Broken',
      message: `${artifactKeys.report} in ConfigMap ${name} can't be read: ${z.prettifyError(report.error)}`,
    };
  }
  const sha256 = createHash('sha256').update(manifest).digest('hex');
  const { artifactSha256, metrics, intervals, gates, threshold, failedGates, findings } = report.data;
  if (artifactSha256 !== sha256) {
    const message = `${artifactKeys.manifest} in ConfigMap ${name} has the SHA-256 ${sha256}, but its report says ${artifactSha256}. Change spec.training.seed to train again.`;
    return { kind: 'Broken', message };
  }
  const figures = { metrics, ...(intervals && { intervals }), ...(gates && { gates }) };
  return { kind: 'Complete', sha256, figures, threshold, failedGates, findings };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is not JSON does not fit the schema either, and is told so.
    return undefined;
  }
}
