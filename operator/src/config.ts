import { hostname } from 'node:os';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { PodAccessOptions } from './runtime/pod-access.js';

const Port = z.coerce.number().int().min(0).max(65535);

const Environment = z.object({
  CHURNOPS_NAMESPACES: z.string().default(''),
  CHURNOPS_OPERATOR_NAMESPACE: z.string().min(1).default('churnops-system'),
  CHURNOPS_SCRAPE_NAMESPACES: z.string().default(''),
  CHURNOPS_TRAINER_IMAGE: z.string().min(1),
  CHURNOPS_SERVING_IMAGE: z.string().min(1),
  CHURNOPS_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(4),
  CHURNOPS_LEASE_NAME: z.string().min(1).default('churnops-operator'),
  CHURNOPS_LEASE_NAMESPACE: z.string().min(1).default('churnops-system'),
  CHURNOPS_IDENTITY: z.string().min(1).optional(),
  CHURNOPS_PORT: Port.default(9090),
  CHURNOPS_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  CHURNOPS_KUBECONFIG: z.string().min(1).optional(),
  CHURNOPS_SERVICE_ACCOUNT_FOLDER: z.string().min(1).default('/var/run/secrets/kubernetes.io/serviceaccount'),
  // The kubelet gives these to every container.
  KUBERNETES_SERVICE_HOST: z.string().min(1).optional(),
  KUBERNETES_SERVICE_PORT: Port.default(443),
});

/** Settings of an operator process. */
export interface Config {
  /** Namespaces to watch; empty: all. */
  readonly namespaces: readonly string[];
  /** Where the operator runs: its pods may read the metrics of serving pods. */
  readonly operatorNamespace: string;
  /** More namespaces whose pods may, for example Prometheus's. */
  readonly scrapeNamespaces: readonly string[];
  readonly trainerImage: string;
  readonly servingImage: string;
  /** Models reconciled at the same time. */
  readonly concurrency: number;
  readonly lease: { readonly namespace: string; readonly name: string; readonly identity: string };
  /** Port of `/healthz`, `/readyz` and `/metrics`; 0: any free one. */
  readonly port: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Undefined: the pod's ServiceAccount, and outside of a pod what kubectl would use. */
  readonly kubeconfig: string | undefined;
  /** How a pod reaches its API server; undefined outside of pods. */
  readonly pod?: PodAccessOptions | undefined;
}

/** Reads the settings from the environment. Throws one sentence per setting that is missing or wrong. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const parsed = Environment.safeParse(env);
  if (!parsed.success) throw new Error(`The environment is not complete: ${z.prettifyError(parsed.error)}`);
  const settings = parsed.data;
  return {
    namespaces: listOf(settings.CHURNOPS_NAMESPACES),
    operatorNamespace: settings.CHURNOPS_OPERATOR_NAMESPACE,
    scrapeNamespaces: listOf(settings.CHURNOPS_SCRAPE_NAMESPACES),
    trainerImage: settings.CHURNOPS_TRAINER_IMAGE,
    servingImage: settings.CHURNOPS_SERVING_IMAGE,
    concurrency: settings.CHURNOPS_CONCURRENCY,
    lease: {
      namespace: settings.CHURNOPS_LEASE_NAMESPACE,
      name: settings.CHURNOPS_LEASE_NAME,
      // Never the same twice: a process that was killed must not be taken for the one that replaces it in the same pod.
      identity: settings.CHURNOPS_IDENTITY ?? `${hostname()}_${randomUUID().slice(0, 8)}`,
    },
    port: settings.CHURNOPS_PORT,
    logLevel: settings.CHURNOPS_LOG_LEVEL,
    kubeconfig: settings.CHURNOPS_KUBECONFIG,
    pod: podFrom(settings),
  };
}

function podFrom(settings: z.infer<typeof Environment>): PodAccessOptions | undefined {
  const host = settings.KUBERNETES_SERVICE_HOST;
  if (host === undefined) return undefined;
  return { host, port: settings.KUBERNETES_SERVICE_PORT, folder: settings.CHURNOPS_SERVICE_ACCOUNT_FOLDER };
}

function listOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
