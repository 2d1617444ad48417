import type { Manifest } from '@churnops/crds';
import type { LoadedModel } from '../model/load-model.js';

/** A loaded model under the name that its answers carry. */
export interface ServedModel extends LoadedModel {
  readonly model: string;
  readonly revision: string;
  /** Rows that a batch takes at most. */
  readonly maxBatchSize: number;
}

/** The first golden row: a real customer of the training table, for examples. */
export function exampleRow(manifest: Manifest): Record<string, unknown> {
  const features = new Set(manifest.features.map(({ name }) => name));
  const row = manifest.goldenRows[0]?.row ?? {};
  return Object.fromEntries(Object.entries(row).filter(([name]) => features.has(name) || name === manifest.entityKey));
}
