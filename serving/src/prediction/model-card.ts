import type { Manifest } from '@churnops/crds';
import type { ServedModel } from './served-model.js';

/** What a person or a program should know about a model before using it. Without the training host and the golden rows. */
export interface ModelCard {
  readonly model: string;
  readonly revision: string;
  readonly artifactSha256: string;
  readonly trainingTime: string;
  readonly target: Manifest['target'];
  readonly decision: Manifest['decision'];
  readonly entityKey?: string;
  readonly features: Manifest['features'];
  readonly columns: Manifest['columns'];
  readonly metrics: Manifest['metrics'];
  readonly baseline: Manifest['baseline'];
  readonly gates: Manifest['gates'];
  readonly data: Manifest['data'];
  readonly warnings: readonly string[];
  readonly maxBatchSize: number;
  readonly versions: Manifest['versions'];
}

export function modelCard(served: ServedModel): ModelCard {
  const { manifest } = served;
  return {
    model: served.model,
    revision: served.revision,
    artifactSha256: served.artifactSha256,
    trainingTime: manifest.run.completionTime,
    target: manifest.target,
    decision: manifest.decision,
    ...(manifest.entityKey !== undefined && { entityKey: manifest.entityKey }),
    features: manifest.features,
    columns: manifest.columns,
    metrics: manifest.metrics,
    baseline: manifest.baseline,
    gates: manifest.gates,
    data: manifest.data,
    warnings: manifest.warnings,
    maxBatchSize: served.maxBatchSize,
    versions: manifest.versions,
  };
}
