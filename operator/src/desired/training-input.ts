import { defaultGates, TrainingInput } from '@churnops/crds';
import type { ChurnModelSpec } from '@churnops/crds';

type Gates = ChurnModelSpec['training']['gates'];

/** What a training run is told: the spec with every default filled in. */
export function trainingInput(spec: ChurnModelSpec): TrainingInput {
  const { data } = spec;
  return TrainingInput.parse({
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
    },
    features: spec.features,
    // Came after 0.1.0: it counts in the hash only when it is not the default.
    leakPolicy: spec.training.leakPolicy === 'Exclude' ? undefined : spec.training.leakPolicy,
    seed: spec.training.seed,
    gates: mergedGates(spec.training.gates),
    decision: spec.decision,
  });
}

/** The user's gates, and the default ones of metrics that the user does not name. */
export function mergedGates(gates: Gates): Gates {
  const named = new Set(gates.map((gate) => gate.metric));
  return [...defaultGates.filter((gate) => !named.has(gate.metric)), ...gates];
}
