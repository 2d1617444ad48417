import { KubeConfig } from '@kubernetes/client-node';
import type { KubeAccess } from '../runtime/index.js';
import { CommandFailure, exitCodes } from './command-failure.js';

export interface AccessOptions {
  /** A file; undefined: what kubectl would use. */
  readonly kubeconfig?: string;
  /** A context of it; undefined: the current one. */
  readonly context?: string;
}

/** How the user reaches a cluster. */
export interface UserAccess {
  readonly access: KubeAccess;
  /** URL of the API server. */
  readonly server: string;
  /** The namespace of the context. */
  readonly namespace: string;
}

/** Without any kubeconfig the library asks here. */
const NO_KUBECONFIG = 'http://localhost:8080';

/** Access as kubectl would have it. Throws `CommandFailure` when the kubeconfig does not give any. */
export function userAccess({ kubeconfig, context }: AccessOptions): UserAccess {
  const config = loaded(kubeconfig);
  if (context !== undefined) choose(config, context);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined || (kubeconfig === undefined && server === NO_KUBECONFIG)) {
    throw unavailable('There is no cluster to ask: name a file with --kubeconfig, or a context of it with --context.');
  }
  return { access: config, server, namespace: config.getContextObject(config.currentContext)?.namespace ?? 'default' };
}

function loaded(path: string | undefined): KubeConfig {
  const config = new KubeConfig();
  try {
    if (path === undefined) config.loadFromDefault();
    else config.loadFromFile(path);
    return config;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw unavailable(`The kubeconfig ${path ?? ''} can't be read: ${why}`.replaceAll('  ', ' '), { cause });
  }
}

function choose(config: KubeConfig, context: string): void {
  if (config.getContextObject(context) === null) {
    const names = config.contexts.map(({ name }) => name).join(', ');
    throw unavailable(`The kubeconfig has no context ${context}: it has ${names === '' ? 'none' : names}.`);
  }
  config.setCurrentContext(context);
}

function unavailable(message: string, options?: ErrorOptions): CommandFailure {
  return new CommandFailure(exitCodes.unavailable, message, options);
}
