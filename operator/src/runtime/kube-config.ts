import type { KubeAccess } from './kube-access.js';

/**
 * Reads the kubeconfig file at this path; without one, what kubectl would use. The library understands every way to log in, and
 * takes 85 MiB of memory: a pod, which needs none of them, does not load it (`podAccess`).
 */
export async function loadKubeConfig(path?: string): Promise<KubeAccess> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  if (path === undefined) config.loadFromDefault();
  else config.loadFromFile(path);
  return config;
}
