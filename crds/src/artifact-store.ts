import { z } from 'zod';

/** The S3 service that keeps a model's artifacts: what operator, trainer and serving are told of it, as JSON. */
export const ArtifactStore = z.strictObject({
  /** Empty: AWS. */
  endpoint: z.string(),
  /** Empty: us-east-1. */
  region: z.string(),
  forcePathStyle: z.boolean(),
  bucket: z.string().min(1),
  /** Folder in the bucket, without a slash at its ends; empty: the bucket itself. */
  prefix: z.string(),
});
export type ArtifactStore = z.infer<typeof ArtifactStore>;

/** Environment of every container that reaches the store: the trainer, the one that fetches for a serving pod, the one that removes. */
export const artifactStoreEnvironment = {
  /** JSON: `ArtifactStore`. */
  store: 'CHURNOPS_ARTIFACT_STORE',
  /**
   * `s3://BUCKET/FOLDER`. For the trainer and the removal the folder of everything that a revision's training wrote; the files of
   * an artifact are in a folder of it that is named after the SHA-256 of its manifest. For serving this inner folder.
   */
  uri: 'CHURNOPS_ARTIFACT_URI',
  /** Folder with one file per key of `s3SecretKeys`; absent: the identity of the pod. */
  credentials: 'CHURNOPS_ARTIFACT_CREDENTIALS',
  /** PEM file of the CAs to trust beside the public ones; absent when there is no caBundleRef. */
  caFile: 'CHURNOPS_ARTIFACT_CA_FILE',
} as const;
