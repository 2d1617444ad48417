import { CardFigures, Manifest, ReplayTable, TrainingFailure, TrainingProgress } from '@churnops/crds';
import { z } from 'zod';

/** What the training process tells its parent. */
export const TrainingMessage = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('Progress'), progress: TrainingProgress }),
  z.strictObject({
    kind: z.literal('Trained'),
    manifest: Manifest.omit({ run: true, replay: true }),
    onnx: z.instanceof(Uint8Array),
    replay: ReplayTable.optional(),
    card: CardFigures,
  }),
  z.strictObject({ kind: z.literal('Failed'), failure: TrainingFailure }),
  /** Something unexpected, with its stack. */
  z.strictObject({ kind: z.literal('Crashed'), stack: z.string() }),
]);
export type TrainingMessage = z.infer<typeof TrainingMessage>;
