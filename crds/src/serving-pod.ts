import { z } from 'zod';
import { Sha256 } from './scalars.js';

/** Environment of the serving container, written by the operator's builder and parsed in serving's `config.ts`. */
export const servingEnvironment = {
  /** Folder with `manifest.json`, `model.onnx` and `replay.json` (the mounted artifact). */
  artifact: 'CHURNOPS_ARTIFACT',
  /** Hex SHA-256 of `manifest.json` that must be found there. */
  artifactSha256: 'CHURNOPS_ARTIFACT_SHA256',
  /** Name of the ChurnModel. */
  model: 'CHURNOPS_MODEL',
  /** Name of the ChurnModelRevision; every answer names it. */
  revision: 'CHURNOPS_REVISION',
  /** `ApiKey` or `None`. */
  authentication: 'CHURNOPS_AUTHENTICATION',
  /** Folder with the mounted `<model>-api-keys`: one file per key id, each an `ApiKeyEntry` as JSON. Read again when it changes. */
  apiKeys: 'CHURNOPS_API_KEYS',
  /** Rows that a batch takes at most. */
  maxBatchSize: 'CHURNOPS_MAX_BATCH_SIZE',
  /** How long a request may take, in seconds. */
  requestTimeoutSeconds: 'CHURNOPS_REQUEST_TIMEOUT_SECONDS',
  /** Requests a second that one client gets answered in the long run. Without it: no limit. */
  requestsPerSecond: 'CHURNOPS_REQUESTS_PER_SECOND',
  /** Requests that one client may send at once. Without it: as many as in two seconds. */
  requestBurst: 'CHURNOPS_REQUEST_BURST',
} as const;

/** Exit code of a serving pod whose artifact can't be served; the log's last line says why. */
export const ARTIFACT_EXIT_CODE = 3;

/** Where the artifact, and the API keys, are mounted in a serving pod. */
export const servingMounts = {
  artifact: '/var/run/churnops/artifact',
  apiKeys: '/var/run/churnops/api-keys',
  /** The mounted `<model>-signing`: one file per key, see `SigningKey`. Empty while the Secret is not there. */
  signing: '/var/run/churnops/signing',
  /**
   * Downward API: file `retired` holds the pod's annotation `annotations.retired`, empty while its revision serves; file
   * `ROUTING_FILE` holds `annotations.routing`, empty while nothing is forwarded.
   */
  pod: '/var/run/churnops/pod',
} as const;

/** The key that a client sends is never stored: only its SHA-256. */
export const ApiKeyEntry = z.strictObject({
  sha256: Sha256,
  scopes: z.array(z.enum(['predict'])).min(1),
  createdTime: z.string(),
});
export type ApiKeyEntry = z.infer<typeof ApiKeyEntry>;

/**
 * A key is `churnops_` + 43 characters of base64url (256 random bits) + `_` + 8 hex digits: CRC-32 of what stands before the
 * last `_`. The checksum lets scanners and typos be told from guesses.
 */
export const API_KEY_PATTERN = /^churnops_[A-Za-z0-9_-]{43}_[0-9a-f]{8}$/;

/**
 * A file of `<model>-signing`: 32 random bytes as base64. Its name is the key's id, `<time>-<8 hex digits>` with the time it was
 * made at as `YYYYMMDDThhmmssZ`, so that names sort by age. Any of the keys verifies. The newest one signs that is at least
 * `SIGNING_KEY_SETTLE_SECONDS` old, else the first: a mounted Secret reaches some pods minutes after others.
 */
export const SigningKey = z.base64().length(44);

/** The id of a signing key: the name of its file. */
export const SigningKeyId = z.string().regex(/^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}$/);

/** After this time, in seconds, every pod has read a new signing key. */
export const SIGNING_KEY_SETTLE_SECONDS = 600;
