import type { Manifest } from '@churnops/crds';
import type { ExplainedFeature, Reasons } from './reasons.js';

/** What the worker is told first. */
export interface ModelMessage {
  readonly kind: 'Model';
  /** Bytes of `model.onnx`. */
  readonly model: Uint8Array;
  readonly contract: Manifest['model'];
  readonly features: readonly ExplainedFeature[];
}

/** Answered with an `Explanation`, in the order of the messages. */
export interface ExplainMessage {
  readonly kind: 'Explain';
  /** Encoded rows one after the other. */
  readonly matrix: Float32Array;
  /** Features to list of each row, at most. */
  readonly listed: number;
}

/** Of each row, in their order; null when the model can't be explained. */
export type Explanation = readonly Reasons[] | null;
