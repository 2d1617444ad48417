import type { Registration } from '@churnops/crds';
import { z } from 'zod';

/** What MLflow is told of a manifest. Open, since the trainer that wrote it may be older or newer than this one. */
export const ToldManifest = z.object({
  metrics: z.record(z.string(), z.number()),
  baseline: z.record(z.string(), z.number()).default({}),
  logisticRegression: z.record(z.string(), z.number()).default({}),
  intervals: z.record(z.string(), z.tuple([z.number(), z.number()])).default({}),
  parameters: z.record(z.string(), z.union([z.string(), z.number()])),
  seed: z.number(),
  target: z.object({ label: z.string(), positiveLabel: z.string() }),
  decision: z.object({ policy: z.string(), threshold: z.number() }),
  features: z.array(z.object({ name: z.string() })),
  data: z.object({
    uri: z.string(),
    sha256: z.string(),
    rows: z.number(),
    developmentRows: z.number(),
    testRows: z.number(),
  }),
  warnings: z.array(z.string()).default([]),
  versions: z.record(z.string(), z.string()),
  run: z.object({ startTime: z.string(), completionTime: z.string(), job: z.string().optional() }),
});
export type ToldManifest = z.infer<typeof ToldManifest>;

/** Tags that a run or a version is found again by. */
export const registryTags = {
  model: 'churnops.dev/model',
  modelUid: 'churnops.dev/model-uid',
  revision: 'churnops.dev/revision',
  artifact: 'churnops.dev/artifact-sha256',
  /** Of a run: the gates that its model failed. */
  refused: 'churnops.dev/refused',
} as const;

/** A model that MLflow is told of. */
export interface ToldModel {
  readonly revision: string;
  /** Of its manifest. */
  readonly sha256: string;
  /** Why it is never served. */
  readonly refusal?: string;
}

/** Longest value of a parameter, and of a tag, that every MLflow takes. */
const MAX_PARAMETER = 250;
const MAX_TAG = 5000;

interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** A training run as MLflow's REST API has it. */
export interface DescribedRun {
  readonly startTime: number;
  readonly endTime: number;
  readonly tags: readonly KeyValue[];
  readonly params: readonly KeyValue[];
  readonly metrics: readonly {
    readonly key: string;
    readonly value: number;
    readonly timestamp: number;
    readonly step: 0;
  }[];
}

/** The run that trained a model: what it was trained with, and how good it is on held-out rows. */
export function describedRun(manifest: ToldManifest, model: ToldModel, registration: Registration): DescribedRun {
  const { seed, decision, target, features, data, run } = manifest;
  const endTime = Date.parse(run.completionTime);
  const params = {
    ...manifest.parameters,
    seed,
    label: target.label,
    positiveLabel: target.positiveLabel,
    features: features.length,
    rows: data.rows,
    developmentRows: data.developmentRows,
    testRows: data.testRows,
    thresholdPolicy: decision.policy,
  };
  const figures = {
    ...manifest.metrics,
    threshold: decision.threshold,
    ...prefixed('baseline', manifest.baseline),
    ...prefixed('logisticRegression', manifest.logisticRegression),
    ...prefixed(
      'low',
      mapped(manifest.intervals, ([low]) => low),
    ),
    ...prefixed(
      'high',
      mapped(manifest.intervals, ([, high]) => high),
    ),
  };
  return {
    startTime: Date.parse(run.startTime),
    endTime,
    tags: entries(
      { ...modelTags(model, registration), ...sourceTags(manifest), ...notes(manifest, model), ...refusal(model) },
      MAX_TAG,
    ),
    params: entries(params, MAX_PARAMETER),
    metrics: Object.entries(figures)
      .filter(([, value]) => Number.isFinite(value))
      .map(([key, value]) => ({ key, value, timestamp: endTime, step: 0 })),
  };
}

/** Tags of a version, and of its run. */
export function modelTags({ revision, sha256 }: ToldModel, { model, modelUid }: Registration): Record<string, string> {
  return {
    [registryTags.model]: model,
    [registryTags.modelUid]: modelUid,
    [registryTags.revision]: revision,
    [registryTags.artifact]: sha256,
  };
}

/** What a version is, in a sentence. */
export function versionText({ metrics }: ToldManifest, { revision }: ToldModel, { model }: Registration): string {
  const told = ['RocAUC', 'LogLoss'].flatMap((name) => {
    const value = metrics[name];
    return value === undefined ? [] : [`${name} ${value.toFixed(4)}`];
  });
  return `Revision ${revision} of ChurnModel ${model}${told.length === 0 ? '' : `: ${told.join(', ')}`}.`;
}

function sourceTags({ data, versions, run }: ToldManifest): Record<string, string> {
  return {
    'churnops.dev/data-uri': data.uri,
    'churnops.dev/data-sha256': data.sha256,
    ...prefixed('churnops.dev/version', versions),
    'mlflow.source.name': run.job ?? 'churnops train',
    'mlflow.source.type': 'JOB',
  };
}

/** MLflow shows this text on top of the run. */
function notes({ warnings }: ToldManifest, { refusal: why }: ToldModel): Record<string, string> {
  const lines = [...(why === undefined ? [] : [`Refused, never served: ${why}`]), ...warnings];
  return lines.length === 0 ? {} : { 'mlflow.note.content': lines.map((line) => `- ${line}`).join('\n') };
}

function refusal({ refusal: why }: ToldModel): Record<string, string> {
  return why === undefined ? {} : { [registryTags.refused]: why };
}

function prefixed<T>(prefix: string, values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [`${prefix}.${key}`, value]));
}

function mapped<T, U>(values: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
}

function entries(values: Readonly<Record<string, string | number>>, longest: number): KeyValue[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: String(value).slice(0, longest) }));
}
