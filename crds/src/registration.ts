import { z } from 'zod';
import { Sha256 } from './scalars.js';

/** A trained model that the registry is to have a run and a version of. */
const RegisteredVersion = z.strictObject({
  revision: z.string(),
  /** Of its manifest: no two versions of one model have the same. */
  sha256: Sha256,
  /** Folder with `manifest.json`. */
  folder: z.string(),
  /** Where the artifact is kept for good: `s3://BUCKET/FOLDER` or `configmap://NAMESPACE/NAME`. */
  source: z.string(),
});
export type RegisteredVersion = z.infer<typeof RegisteredVersion>;

/** An alias and the artifact that it stands for. */
const Alias = z.strictObject({ alias: z.string(), sha256: Sha256.nullable() });

/**
 * What MLflow shall know of a ChurnModel: what the Job is told that brings it there, as JSON. Doing it again changes nothing, and
 * what MLflow has beyond it stays.
 */
export const Registration = z.strictObject({
  /** `http(s)://HOST[:PORT][/PATH]`, without credentials. */
  url: z.string(),
  /** Name of the registered model, and of the experiment with the runs. */
  name: z.string(),
  /** `NAMESPACE/NAME` of the ChurnModel. A registered model that another one wrote is left alone. */
  model: z.string(),
  modelUid: z.string(),
  /** Missing in MLflow for all that is known, oldest first. */
  versions: z.array(RegisteredVersion),
  /** With `null` the alias stays where it is. */
  champion: Alias,
  /** With `null` nothing has the alias. */
  challenger: Alias,
});
export type Registration = z.infer<typeof Registration>;

/** Environment of the container that talks to MLflow. */
export const registrationEnvironment = {
  /** JSON: `Registration`. */
  registration: 'CHURNOPS_REGISTRATION',
  /** Folder with one file per key of `mlflowSecretKeys`; absent: MLflow asks nobody who they are. */
  credentials: 'CHURNOPS_MLFLOW_CREDENTIALS',
  /** File with the certificates that the server is checked against beside the public ones; absent: those alone. */
  caFile: 'CHURNOPS_MLFLOW_CA',
} as const;

/** Keys of the Secret that `spec.registry.mlflow.secretRef` names, as MLflow's own clients call them: a token, or the other two. */
export const mlflowSecretKeys = {
  username: 'MLFLOW_TRACKING_USERNAME',
  password: 'MLFLOW_TRACKING_PASSWORD',
  token: 'MLFLOW_TRACKING_TOKEN',
} as const;
