/** The API group of every ChurnOps kind. */
export const GROUP = 'churnops.dev';

/** The version of the API group that is served and stored. */
export const VERSION = 'v1alpha1';

/** `apiVersion` of every ChurnOps object. */
export const API_VERSION = `${GROUP}/${VERSION}`;

/** The field manager of every server-side apply of the operator. */
export const FIELD_MANAGER = 'churnops-operator';

/** Labels that ChurnOps puts on children, and that selectors rely on. */
export const labels = {
  /** Recommended label: the name of the application. Value: `churnops`. */
  name: 'app.kubernetes.io/name',
  /** Recommended label: `trainer`, `serving`, `registry` or `operator`. */
  component: 'app.kubernetes.io/component',
  /** Recommended label: who manages the object. Value: `churnops-operator`. */
  managedBy: 'app.kubernetes.io/managed-by',
  /** The ChurnModel that a child belongs to. */
  model: `${GROUP}/model`,
  /** The ChurnModelRevision that a child belongs to. */
  revision: `${GROUP}/revision`,
} as const;

/** Annotations that ChurnOps reads or writes. */
export const annotations = {
  /** On both API key Secrets: hex SHA-256 of the generated key, so that they can be compared without reading either. */
  keySha256: `${GROUP}/key-sha256`,
  /** On the Secret with the signing keys: their ids, oldest first, with commas between them. */
  signingKeys: `${GROUP}/signing-keys`,
  /** On a serving pod of a revision that no longer serves: since when (RFC 3339). The pod then answers `Connection: close`. */
  retired: `${GROUP}/retired`,
  /**
   * On a ChurnModel, by the user: each new value makes a revision from the operator's current builders and images. Taking it away
   * makes none. Revisions record at most 256 characters of it: a longer value as `sha256:` and its hash.
   */
  refresh: `${GROUP}/refresh`,
  /** On a serving pod, by the operator: where its predictions go while a revision is rolled out (`Routing` as JSON). */
  routing: `${GROUP}/routing`,
  /** On a serving pod, by the operator: when it was last told the same routing again, since it had not read it (RFC 3339). */
  routingRetold: `${GROUP}/routing-retold`,
  /**
   * On a ChurnModelRevision, by the user: what to do with its rollout, `approve-<step>`, `reject` or `retry-<n>`. Recorded in its
   * status with the time.
   */
  verdict: `${GROUP}/verdict`,
  /** On the Deployment of a revision whose pods a quota refused: when the operator asked for them again (RFC 3339). */
  retried: `${GROUP}/retried`,
  /** On each child that the operator applies, but Deployments: hex SHA-256 of what it applied last, so that a new leader need not do it again. */
  appliedHash: `${GROUP}/applied-hash`,
  /** On a Job that tells MLflow what is new, by the operator: what MLflow has when it is done (JSON, for the operator alone). */
  registration: `${GROUP}/registration`,
  /** On a pod template: hex SHA-256 of the artifact that the pod must serve. */
  artifactSha256: `${GROUP}/artifact-sha256`,
} as const;

/** Names of ports of a serving pod, as Service and probes use them. */
export const ports = {
  /** The public HTTP API. */
  http: { name: 'http', number: 8080 },
  /** Prometheus metrics and health probes: never on the public port. */
  metrics: { name: 'metrics', number: 9090 },
  /** Predictions that serving pods of one model forward to one another: TCP, signed lines, not for anybody else. */
  peer: { name: 'peer', number: 8081 },
} as const;

/** Keys of the artifact ConfigMap. */
export const artifactKeys = {
  /** JSON: the manifest (`Manifest`). In `data`. */
  manifest: 'manifest.json',
  /** The ONNX graph. In `binaryData`. */
  model: 'model.onnx',
  /** JSON: the training report that the operator copies into the revision's status (`TrainingReport`). In `data`. */
  report: 'report.json',
  /** JSON: held-out rows for a rollout with few live ones (`ReplayTable`); may be absent. In `data`. */
  replay: 'replay.json',
  /**
   * Markdown: the model card for people, whose plots are the keys `model-card-*.svg`; may be absent. In `data`.
   */
  card: 'model-card.md',
  /** JSON: how far training is (`TrainingProgress`); written at most every 5 s, and gone when training is done. In `data`. */
  progress: 'progress.json',
} as const;

/** Keys of the Secrets that `spec.data.secretRef`, for `s3://`, and `spec.artifacts.s3.secretRef` name. */
export const s3SecretKeys = {
  accessKeyId: 'AWS_ACCESS_KEY_ID',
  secretAccessKey: 'AWS_SECRET_ACCESS_KEY',
  /** Optional: for temporary credentials. */
  sessionToken: 'AWS_SESSION_TOKEN',
} as const;

/** Keys of that Secret for `https://` and `postgres://`: those of the type `kubernetes.io/basic-auth`, or a bearer token. */
export const loginSecretKeys = {
  username: 'username',
  password: 'password',
  /** Only for `https://`. */
  token: 'token',
} as const;

/** The key of `<model>-api-key` that holds the generated key in clear, for its owner. */
export const API_KEY_FIELD = 'api-key';

/**
 * What an artifact (model, manifest, report, replay rows) may take of a ConfigMap, in bytes. One holds 1 MiB; as base64 in a
 * request that is 1.4 MB, near the 1.5 MiB that etcd takes.
 */
export const MAX_ARTIFACT_BYTES = 900 * 1024;
