import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { artifactKeys, Manifest, MANIFEST_VERSION, TrainingReport } from '@churnops/crds';
import { z } from 'zod';
import { dataInvalid, errorCode } from '../failure.js';
import type { Artifact } from './artifact.js';

/** What an artifact tells of its model, and the texts of the model card that lies with it. */
export type ArtifactReport = Pick<Artifact, 'manifest' | 'report'>;

/** Reads manifest and report of an artifact in a folder. */
export async function readReport(directory: string): Promise<ArtifactReport> {
  const [manifest, report] = [
    await textIn(directory, artifactKeys.manifest),
    await textIn(directory, artifactKeys.report),
  ];
  return parseReport(manifest, report, directory);
}

const ArtifactObject = z.object({
  kind: z.literal('ConfigMap'),
  metadata: z.object({ name: z.string() }),
  data: z.record(z.string(), z.string()).default({}),
});

/** Reads manifest and report from an artifact ConfigMap as JSON, as `kubectl get configmap NAME -o json` prints it. */
export function parseReportObject(text: string): ArtifactReport {
  const parsed = ArtifactObject.safeParse(jsonOf(text));
  if (!parsed.success)
    throw dataInvalid(
      'Standard input is not one ConfigMap as JSON: give it what "kubectl get configmap NAME -o json" prints.',
    );
  const { metadata, data } = parsed.data;
  const [manifest, report] = [data[artifactKeys.manifest], data[artifactKeys.report]];
  const place = `the ConfigMap ${metadata.name}`;
  if (manifest === undefined || report === undefined)
    throw dataInvalid(
      `There is no finished artifact in ${place}: status.artifact.configMap of a ChurnModelRevision names the one to ask for.`,
    );
  return parseReport(manifest, report, place);
}

function parseReport(manifestText: string, reportText: string, place: string): ArtifactReport {
  const version = z.object({ version: z.string() }).safeParse(jsonOf(manifestText)).data?.version;
  if (version !== undefined && version !== MANIFEST_VERSION)
    throw dataInvalid(
      `${artifactKeys.manifest} in ${place} has the version ${version}, and this release reads ${MANIFEST_VERSION}: use the release that made it.`,
    );
  const manifest = parsed(Manifest, manifestText, artifactKeys.manifest, place);
  const report = parsed(TrainingReport, reportText, artifactKeys.report, place);
  if (createHash('sha256').update(manifestText).digest('hex') !== report.artifactSha256)
    throw dataInvalid(
      `${artifactKeys.manifest} and ${artifactKeys.report} in ${place} are not of one training: restore both.`,
    );
  return { manifest, report };
}

function parsed<T>(schema: z.ZodType<T>, text: string, name: string, place: string): T {
  const result = schema.safeParse(jsonOf(text));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw dataInvalid(
    `${name} in ${place} can't be read (${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}): restore it, or use the release that made it.`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is not JSON does not fit the schema either, and is told so.
    return undefined;
  }
}

async function textIn(directory: string, name: string): Promise<string> {
  try {
    return await readFile(join(directory, name), 'utf8');
  } catch (error) {
    const why = errorCode(error) ?? 'unknown';
    throw dataInvalid(
      `${name} can't be read in ${directory} (${why}): name a folder that "churnops train" wrote, or - for a ConfigMap on standard input.`,
      error,
    );
  }
}
