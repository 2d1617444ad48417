import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  ArtifactStore,
  artifactStoreEnvironment as storeNames,
  Registration,
  registrationEnvironment as registryNames,
  trainingEnvironment as names,
  TrainingInput,
} from '@churnops/crds';
import { z } from 'zod';
import { TrainingProblem } from './failure.js';
import type { BucketTarget } from './publish/artifact-bucket.js';
import type { MlflowAccess } from './registry/mlflow-client.js';
import type { KubernetesAccess } from './publish/kubernetes-access.js';

type Environment = Record<string, string | undefined>;

/** Where libxgboost.so lies: in the image beside the rooms, in a repository in its cache. */
const libraryPlaces = [
  '../../xgboost/xgboost/lib/libxgboost.so',
  '../../.cache/xgboost/xgboost/lib/libxgboost.so',
] as const;

export interface NativeConfig {
  /** Path of libxgboost.so. */
  readonly library: string;
  /** Environment of the training process. */
  readonly environment: Environment;
}

/** What every training needs from its surroundings. `CHURNOPS_XGBOOST` names another libxgboost.so. */
export function nativeConfig(env: Environment): NativeConfig {
  const places = libraryPlaces.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const library = env['CHURNOPS_XGBOOST'] ?? places.find((place) => existsSync(place));
  if (library === undefined || !existsSync(library))
    throw new TrainingProblem(
      'TrainingFailed',
      'libxgboost.so was not found: run toolchain/install.sh xgboost, or name the file with CHURNOPS_XGBOOST.',
    );
  // libgomp reads its policy once, when it is loaded; threads that spin are up to five times slower on a busy machine.
  return { library, environment: { ...env, OMP_WAIT_POLICY: 'PASSIVE' } };
}

const PodEnvironment = z.object({
  [names.input]: z.string(),
  [names.configMap]: z.string().min(1),
  [names.namespace]: z.string().min(1),
  [names.job]: z.string().min(1).optional(),
  [names.dataRoot]: z.string().default('/data'),
  [names.credentials]: z.string().optional(),
  [names.currentArtifact]: z.string().min(1).optional(),
  [names.currentArtifactUri]: z.string().min(1).optional(),
  [names.caFile]: z.string().optional(),
  KUBERNETES_SERVICE_HOST: z.string().min(1),
  KUBERNETES_SERVICE_PORT: z.string().default('443'),
  CHURNOPS_SERVICE_ACCOUNT: z.string().default('/var/run/secrets/kubernetes.io/serviceaccount'),
  HOSTNAME: z.string().default('unknown'),
});

/** Names of the variables that say which proxy the data is fetched through; Node reads the lower case ones first. */
const proxyNames = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY'] as const;

export interface PodConfig {
  readonly input: TrainingInput;
  readonly configMap: string;
  readonly namespace: string;
  readonly job?: string;
  readonly dataRoot: string;
  readonly credentials?: string;
  /** Folder with the artifact of the revision that serves now. */
  readonly currentDirectory?: string;
  /** The same in the bucket. */
  readonly currentUri?: string;
  readonly caFile?: string;
  /** Those of `proxyNames` that are set. */
  readonly proxy: Environment;
  readonly kubernetes: KubernetesAccess;
  readonly host: string;
  /** Where the artifact is kept; absent: in the ConfigMap. */
  readonly bucket?: BucketTarget;
}

const StoreEnvironment = z.object({
  [storeNames.store]: z.string(),
  [storeNames.uri]: z.string().min(1),
  [storeNames.credentials]: z.string().optional(),
  [storeNames.caFile]: z.string().optional(),
});

/** The bucket that a pod is told of by `artifactStoreEnvironment`; undefined when it is told of none. */
export function bucketConfig(env: Environment): BucketTarget | undefined {
  if (env[storeNames.store] === undefined) return undefined;
  const told = parsed(StoreEnvironment, env, 'The environment of the pod');
  const { [storeNames.credentials]: credentials, [storeNames.caFile]: caFile } = told;
  return {
    store: parsed(ArtifactStore, JSON.parse(told[storeNames.store]), storeNames.store),
    uri: told[storeNames.uri],
    access: {
      ...(credentials !== undefined && { credentials }),
      ...(caFile !== undefined && { caFile }),
      proxy: proxyOf(env),
    },
  };
}

const RegistryEnvironment = z.object({
  [registryNames.registration]: z.string(),
  [registryNames.credentials]: z.string().optional(),
  [registryNames.caFile]: z.string().optional(),
});

/** What MLflow is to be told, and how to get there: `registrationEnvironment` of crds. */
export function registrationConfig(env: Environment): { registration: Registration; access: MlflowAccess } {
  const told = parsed(RegistryEnvironment, env, 'The environment of the pod');
  const { [registryNames.credentials]: credentials, [registryNames.caFile]: caFile } = told;
  const registration = parsed(Registration, JSON.parse(told[registryNames.registration]), registryNames.registration);
  return {
    registration,
    access: {
      url: registration.url,
      ...(credentials !== undefined && { credentials }),
      ...(caFile !== undefined && { caFile }),
      proxy: proxyOf(env),
    },
  };
}

function proxyOf(env: Environment): Environment {
  return Object.fromEntries(proxyNames.map((name) => [name, env[name]]));
}

/** Environment of a training pod: `trainingEnvironment` of crds, and what every pod has. */
export function podConfig(env: Environment): PodConfig {
  const pod = parsed(PodEnvironment, env, 'The environment of the training pod');
  const host = pod.KUBERNETES_SERVICE_HOST;
  const account = pod.CHURNOPS_SERVICE_ACCOUNT;
  const job = pod[names.job];
  const credentials = pod[names.credentials];
  const currentDirectory = pod[names.currentArtifact];
  const currentUri = pod[names.currentArtifactUri];
  const caFile = pod[names.caFile];
  const bucket = bucketConfig(env);
  return {
    input: parsed(TrainingInput, JSON.parse(pod[names.input]), names.input),
    configMap: pod[names.configMap],
    namespace: pod[names.namespace],
    ...(job === undefined ? {} : { job }),
    dataRoot: pod[names.dataRoot],
    ...(credentials === undefined ? {} : { credentials }),
    ...(currentDirectory === undefined ? {} : { currentDirectory }),
    ...(currentUri === undefined ? {} : { currentUri }),
    ...(caFile === undefined ? {} : { caFile }),
    proxy: proxyOf(env),
    kubernetes: {
      server: `https://${host.includes(':') ? `[${host}]` : host}:${pod.KUBERNETES_SERVICE_PORT}`,
      tokenFile: `${account}/token`,
      caFile: `${account}/ca.crt`,
    },
    host: pod.HOSTNAME,
    ...(bucket === undefined ? {} : { bucket }),
  };
}

/** Parses what the operator wrote; the message names the field, since Zod's own is JSON over many lines. */
function parsed<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const message = `${what} is wrong at ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}.`;
  throw new TrainingProblem('TrainingFailed', message, { cause: result.error });
}

/** File that Kubernetes shows as the termination message of the container. */
export function terminationLog(env: Environment): string {
  return env['CHURNOPS_TERMINATION_LOG'] ?? '/dev/termination-log';
}

/** The environment of this process. */
export function environment(): Environment {
  return process.env;
}
