import { artifactName, trainerName } from '../decide/names.js';
import type { DesiredObject } from '../runtime/kube-object.js';
import type { Model, Revision } from '../world.js';
import { childLabels, childMetadata } from './ownership.js';
import { userAccountOf } from './training-job.js';

/**
 * What lets a training pod fill its artifact ConfigMap and nothing else: ServiceAccount, Role, RoleBinding. A ServiceAccount of
 * the user is bound and never written.
 */
export function trainingAccess(model: Model, revision: Revision): readonly DesiredObject[] {
  const name = trainerName(revision.name);
  const metadata = childMetadata(model, name, childLabels(model.key.name, 'trainer', revision.name));
  const configMap = artifactName(revision.name, model.uid);
  const userAccount = userAccountOf(revision);
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: true };
  return [
    ...(userAccount === undefined ? [account] : []),
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata,
      rules: [{ apiGroups: [''], resources: ['configmaps'], resourceNames: [configMap], verbs: ['get', 'patch'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name: userAccount ?? name, namespace: model.key.namespace }],
    },
  ];
}
