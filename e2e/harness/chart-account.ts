import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { Cluster } from './cluster-access.js';
import type { ControlPlane } from './control-plane.js';
import { collectionOf } from './kube-object.js';
import { repositoryRoot } from './repository-root.js';

const NAME = 'churnops';
const NAMESPACE = 'churnops-system';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const TEMPLATES = ['rbac-operator', 'rbac-lease', 'service-account'];

/** Path of the operator's ClusterRole, which has the chart's name. */
export const operatorRole = `${RBAC}/clusterroles/${NAME}`;

const collections: Readonly<Record<string, string>> = {
  ClusterRole: `${RBAC}/clusterroles`,
  ClusterRoleBinding: `${RBAC}/clusterrolebindings`,
  Role: `${RBAC}/namespaces/${NAMESPACE}/roles`,
  RoleBinding: `${RBAC}/namespaces/${NAMESPACE}/rolebindings`,
  ServiceAccount: `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`,
};

const TokenRequest = z.looseObject({ status: z.looseObject({ token: z.string() }) });

/**
 * Makes the namespace, ServiceAccount and roles that the chart gives the operator, and no other permission. Returns the
 * environment with which an operator process takes itself for a pod of that ServiceAccount.
 */
export async function makeChartAccount(plane: ControlPlane, cluster: Cluster): Promise<Record<string, string>> {
  await cluster.create(collectionOf('Namespace'), { metadata: { name: NAMESPACE } });
  for (const object of await rendered()) await cluster.create(collections[object.kind] ?? object.kind, object);
  const folder = join(plane.folder, 'service-account');
  await mkdir(folder);
  await writeFile(join(folder, 'token'), await tokenOf(cluster), { mode: 0o600 });
  await writeFile(join(folder, 'ca.crt'), await readFile(join(plane.folder, 'ca.crt')));
  return {
    KUBERNETES_SERVICE_HOST: '127.0.0.1',
    KUBERNETES_SERVICE_PORT: String(plane.port),
    CHURNOPS_SERVICE_ACCOUNT_FOLDER: folder,
    CHURNOPS_LEASE_NAME: NAME,
    CHURNOPS_LEASE_NAMESPACE: NAMESPACE,
  };
}

async function rendered(): Promise<{ readonly kind: string }[]> {
  const helm = join(repositoryRoot(), '.cache', 'bin', 'helm');
  const chart = join(repositoryRoot(), 'charts', 'churnops');
  const shown = TEMPLATES.flatMap((name) => ['--show-only', `templates/${name}.yaml`]);
  const { stdout } = await promisify(execFile)(helm, ['template', NAME, chart, `--namespace=${NAMESPACE}`, ...shown]);
  return parseAllDocuments(stdout).map((document) => z.looseObject({ kind: z.string() }).parse(document.toJS()));
}

async function tokenOf(cluster: Cluster): Promise<string> {
  const answer = await cluster.call('POST', `${collections['ServiceAccount'] ?? ''}/${NAME}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 7_200 },
  });
  return TokenRequest.parse(answer).status.token;
}
