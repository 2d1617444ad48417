import { ChurnModelSpec, TrainingInput, type Gate } from '@churnops/crds';
import type { z } from 'zod';
import { unlessDefault } from './unless-default.js';

const defaults = {
  training: ChurnModelSpec.shape.training.parse({}),
  decision: ChurnModelSpec.shape.decision.parse({}),
};

/** The default gates of release 0.1.0. Those that came later are the trainer's to add. */
const firstGates: readonly Gate[] = [
  { metric: 'RocAUC', minValue: '0.60' },
  { metric: 'CalibrationZ', maxValue: '4' },
];

/**
 * What a training run is told, before defaults of fields that came after release 0.1.0: those are told only when they are not
 * their defaults, so that a trainer of that release reads it too, and a spec of that release has the hash that it had.
 */
export function trainingInput(spec: ChurnModelSpec): z.input<typeof TrainingInput> {
  const { data } = spec;
  const { leakPolicy, parameters, search, calibration, gates, seed } = spec.training;
  const { thresholdPolicy, fixedThreshold, ...decision } = spec.decision;
  const input = {
    data: {
      uri: data.uri,
      format: data.format,
      s3: {
        endpoint: data.s3?.endpoint ?? '',
        region: data.s3?.region ?? '',
        forcePathStyle: data.s3?.forcePathStyle ?? true,
      },
      label: data.label,
      positiveLabel: data.positiveLabel,
      excludeLabels: data.excludeLabels,
      entityKey: data.entityKey,
      excludeColumns: data.excludeColumns,
      // These came after 0.1.0, and count in the hash only when they are set.
      query: data.query,
      https: data.https,
      postgres: data.postgres,
    },
    features: spec.features,
    seed,
    gates: [...firstGates.filter(({ metric }) => !gates.some((gate) => gate.metric === metric)), ...gates],
    decision: { thresholdPolicy, fixedThreshold, ...unlessDefault(decision, defaults.decision) },
    ...unlessDefault({ leakPolicy, parameters, search, calibration }, defaults.training),
  };
  TrainingInput.parse(input);
  return input;
}
