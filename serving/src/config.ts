import {
  ArtifactStore,
  artifactStoreEnvironment as storeNames,
  ports,
  servingEnvironment as names,
  servingMounts,
  Sha256,
} from '@churnops/crds';
import { z } from 'zod';
import type { RateLimit } from './access/request-limit.js';
import type { StoredArtifact } from './model/artifact-store.js';

/** What a serving pod is told by the operator. */
export interface PodConfig {
  readonly artifact: string;
  /** Hex SHA-256 of `manifest.json`. */
  readonly artifactSha256: string;
  readonly model: string;
  readonly revision: string;
  readonly authentication: 'ApiKey' | 'None';
  /** Folder with one `ApiKeyEntry` a file. */
  readonly apiKeys: string;
  readonly maxBatchSize: number;
  readonly requestTimeoutSeconds: number;
  /** Undefined: no limit. */
  readonly rateLimit: RateLimit | undefined;
  /** Folder with one `SigningKey` a file. */
  readonly signing: string;
  /** Folder of the downward API with the files `retired` and `routing`. */
  readonly podInfo: string;
  readonly host: string;
  readonly port: number;
  readonly metricsPort: number;
  readonly peerPort: number;
}

const port = z.coerce.number().int().min(0).max(65535);

const PodEnvironment = z.object({
  [names.artifact]: z.string().min(1).default(servingMounts.artifact),
  [names.artifactSha256]: Sha256,
  [names.model]: z.string().min(1),
  [names.revision]: z.string().min(1),
  [names.authentication]: z.enum(['ApiKey', 'None']),
  [names.apiKeys]: z.string().min(1).default(servingMounts.apiKeys),
  [names.maxBatchSize]: z.coerce.number().int().min(1).max(10_000),
  [names.requestTimeoutSeconds]: z.coerce.number().int().min(1).max(300),
  [names.requestsPerSecond]: z.coerce.number().int().min(1).max(100_000).optional(),
  [names.requestBurst]: z.coerce.number().int().min(1).max(1_000_000).optional(),
  // Not set by the operator: for running a pod's process outside a cluster.
  CHURNOPS_SIGNING: z.string().min(1).default(servingMounts.signing),
  CHURNOPS_POD_INFO: z.string().min(1).default(servingMounts.pod),
  CHURNOPS_HOST: z.string().min(1).default('0.0.0.0'),
  CHURNOPS_PORT: port.default(ports.http.number),
  CHURNOPS_METRICS_PORT: port.default(ports.metrics.number),
  CHURNOPS_PEER_PORT: port.default(ports.peer.number),
});

/** The environment lacks a variable, or one has a value that can't be used. The message names it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the environment of a serving pod.
 *
 * @throws ConfigError
 */
export function podConfig(environment: NodeJS.ProcessEnv = process.env): PodConfig {
  const values = parsed(PodEnvironment, environment);
  return {
    artifact: values[names.artifact],
    artifactSha256: values[names.artifactSha256],
    model: values[names.model],
    revision: values[names.revision],
    authentication: values[names.authentication],
    apiKeys: values[names.apiKeys],
    maxBatchSize: values[names.maxBatchSize],
    requestTimeoutSeconds: values[names.requestTimeoutSeconds],
    rateLimit: rateLimit(values),
    signing: values.CHURNOPS_SIGNING,
    podInfo: values.CHURNOPS_POD_INFO,
    host: values.CHURNOPS_HOST,
    port: values.CHURNOPS_PORT,
    metricsPort: values.CHURNOPS_METRICS_PORT,
    peerPort: values.CHURNOPS_PEER_PORT,
  };
}

/** A burst is what this many seconds allow, unless it is told. */
const BURST_SECONDS = 2;

function rateLimit(values: z.infer<typeof PodEnvironment>): RateLimit | undefined {
  const requestsPerSecond = values[names.requestsPerSecond];
  if (requestsPerSecond === undefined) return undefined;
  return { requestsPerSecond, burst: values[names.requestBurst] ?? BURST_SECONDS * requestsPerSecond };
}

/** What the container is told that fetches an artifact for a serving pod. */
export interface FetchConfig {
  readonly stored: StoredArtifact;
  /** Hex SHA-256 of `manifest.json`. */
  readonly sha256: string;
  /** Where the files go. */
  readonly folder: string;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is no JSON does not fit the schema either, and is told so.
    return undefined;
  }
}

const FetchEnvironment = z.object({
  [names.artifact]: z.string().min(1).default(servingMounts.artifact),
  [names.artifactSha256]: Sha256,
  [storeNames.store]: z.string().transform(jsonOf).pipe(ArtifactStore),
  [storeNames.uri]: z.string().min(1),
  [storeNames.credentials]: z.string().min(1).optional(),
  [storeNames.caFile]: z.string().min(1).optional(),
});

/** Names of the variables that say which proxy a bucket is reached through; Node reads the lower case ones first. */
const proxyNames = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY'] as const;

/**
 * Reads the environment of the container that fetches an artifact.
 *
 * @throws ConfigError
 */
export function fetchConfig(environment: NodeJS.ProcessEnv = process.env): FetchConfig {
  const values = parsed(FetchEnvironment, environment);
  return {
    sha256: values[names.artifactSha256],
    folder: values[names.artifact],
    stored: {
      store: values[storeNames.store],
      uri: values[storeNames.uri],
      credentials: values[storeNames.credentials],
      caFile: values[storeNames.caFile],
      proxy: Object.fromEntries(proxyNames.map((name) => [name, environment[name]])),
    },
  };
}

function parsed<T>(schema: z.ZodType<T>, environment: NodeJS.ProcessEnv): T {
  const result = schema.safeParse(environment);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ConfigError(
    `The environment variable ${issue?.path.join('.') ?? ''} can't be used: ${issue?.message ?? 'unknown'}.`,
  );
}
