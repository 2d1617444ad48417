import type { Manifest, TrainingReport } from '@churnops/crds';

/** What a model card is made from. */
export interface CardContent {
  readonly manifest: Manifest;
  readonly report: Pick<TrainingReport, 'artifactSha256' | 'failedGates' | 'card'>;
}
