import { z } from 'zod';
import { Sha256 } from './scalars.js';

/** A trained model that the registry is to have a run of. */
const TrainedModel = z.strictObject({
  revision: z.string(),
  /** Folder with `manifest.json`. */
  folder: z.string(),
});

/** One that passed its gates: it gets a version too. */
const RegisteredVersion = TrainedModel.extend({
  /** Of its manifest: no two versions of one model have the same. */
  sha256: Sha256,
  /** Where the artifact is kept for good: `s3://BUCKET/FOLDER` or `configmap://NAMESPACE/NAME`. */
  source: z.string(),
});
export type RegisteredVersion = z.infer<typeof RegisteredVersion>;

/** One that a gate refused: its run says so, and there is no version of what is never served. */
const RefusedModel = TrainedModel.extend({
  /** The gates that failed, a sentence each. */
  reason: z.string(),
});
export type RefusedModel = z.infer<typeof RefusedModel>;

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
  /** Without a run in MLflow for all that is known, oldest first. */
  refused: z.array(RefusedModel),
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
