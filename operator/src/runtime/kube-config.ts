import { KubeConfig } from '@kubernetes/client-node';

/** Reads the kubeconfig file at this path; without one, what kubectl would use, or the pod's ServiceAccount. */
export function loadKubeConfig(path?: string): KubeConfig {
  const config = new KubeConfig();
  if (path === undefined) config.loadFromDefault();
  else config.loadFromFile(path);
  return config;
}
