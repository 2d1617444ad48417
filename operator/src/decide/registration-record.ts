import { annotations } from '@churnops/crds';
import { z } from 'zod';
import type { KubeObject } from '../runtime/kube-object.js';

const Sha256 = z.string();

/** What a registration Job is to bring about, in an annotation of it: the one that ended well says what MLflow has. */
export const RegistrationRecord = z.object({
  /** Hash of the server's URL and the registered model's name: elsewhere nothing is registered yet. */
  place: z.string(),
  /** Hash of all of `spec.registry.mlflow`. */
  settings: z.string(),
  champion: Sha256.nullable(),
  challenger: Sha256.nullable(),
  /** What has a run when the Job is done: artifacts that have a version too, and the names of revisions that a gate refused. */
  registered: z.array(z.string()),
});
export type RegistrationRecord = z.infer<typeof RegistrationRecord>;

/** The record of a Job; undefined for a Job of another kind, or of a release whose records this one can't read. */
export function registrationRecord({ metadata }: KubeObject): RegistrationRecord | undefined {
  const text = metadata.annotations?.[annotations.registration];
  if (text === undefined) return undefined;
  try {
    return RegistrationRecord.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
