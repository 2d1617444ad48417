import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { join } from 'node:path';
import type { KubeAccess } from './kube-access.js';

/** What a pod is given to reach the API server of its cluster. */
export interface PodAccessOptions {
  readonly host: string;
  readonly port: number;
  /** The mounted ServiceAccount: `token`, which the kubelet renews, and `ca.crt`. */
  readonly folder: string;
}

/** Access by a pod's own ServiceAccount. */
export function podAccess({ host, port, folder }: PodAccessOptions): KubeAccess {
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    getCurrentCluster: () => ({ server }),
    getCurrentContext: () => 'the pod itself',
    async applyToHTTPSOptions(options: RequestOptions): Promise<void> {
      const [ca, token] = await Promise.all([
        readFile(join(folder, 'ca.crt'), 'utf8'),
        readFile(join(folder, 'token'), 'utf8'),
      ]);
      options.ca = ca;
      options.headers = { Authorization: `Bearer ${token.trim()}` };
    },
  };
}
