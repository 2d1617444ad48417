import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { OperatorLab } from '../harness/operator-lab.js';

const NAMESPACE = 'default';
const TokenRequest = z.looseObject({ status: z.looseObject({ token: z.string() }) });

/** Name of the user that the API server's audit log shows for an account. */
export function userOf(account: string): string {
  return `system:serviceaccount:${NAMESPACE}:${account}`;
}

/**
 * Makes a ServiceAccount of its own for an operator process, so that the audit log tells processes apart. Returns the path of
 * its kubeconfig, for this address of the API server.
 */
export async function makeAccount(lab: OperatorLab, account: string, server: string): Promise<string> {
  const accounts = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`;
  await lab.cluster.create(accounts, { metadata: { name: account } });
  await lab.cluster.create('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: account },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace: NAMESPACE }],
  });
  const answer = await lab.cluster.call('POST', `${accounts}/${account}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 7_200 },
  });
  const { token } = TokenRequest.parse(answer).status;
  const ca = await readFile(join(lab.controlPlane.folder, 'ca.crt'));
  const path = join(lab.controlPlane.folder, `${account}.kubeconfig`);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': ca.toString('base64') } }],
    users: [{ name: account, user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: account } }],
    'current-context': 'test',
  };
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}
