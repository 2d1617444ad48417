import { API_VERSION } from '@churnops/crds';
import type { DesiredObject } from './runtime/kube-object.js';
import type { ResourceKind } from './runtime/resource-kind.js';

function namespaced(apiVersion: string, kind: string, plural: string): ResourceKind {
  return { apiVersion, kind, plural, namespaced: true };
}

/** Every kind that the operator reads or writes; the chart's Role follows it. */
export const kinds = {
  churnModel: namespaced(API_VERSION, 'ChurnModel', 'churnmodels'),
  churnModelRevision: namespaced(API_VERSION, 'ChurnModelRevision', 'churnmodelrevisions'),
  job: namespaced('batch/v1', 'Job', 'jobs'),
  deployment: namespaced('apps/v1', 'Deployment', 'deployments'),
  service: namespaced('v1', 'Service', 'services'),
  pod: namespaced('v1', 'Pod', 'pods'),
  serviceAccount: namespaced('v1', 'ServiceAccount', 'serviceaccounts'),
  role: namespaced('rbac.authorization.k8s.io/v1', 'Role', 'roles'),
  roleBinding: namespaced('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings'),
  configMap: namespaced('v1', 'ConfigMap', 'configmaps'),
  secret: namespaced('v1', 'Secret', 'secrets'),
  horizontalPodAutoscaler: namespaced('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers'),
  podDisruptionBudget: namespaced('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets'),
  networkPolicy: namespaced('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies'),
  event: namespaced('events.k8s.io/v1', 'Event', 'events'),
  lease: namespaced('coordination.k8s.io/v1', 'Lease', 'leases'),
} as const satisfies Record<string, ResourceKind>;

/** All of `kinds`, as a list. */
export const allKinds: readonly ResourceKind[] = Object.values(kinds);

/** The kind of an object that a builder made. Throws for a kind that is not in `kinds`. */
export function kindOf(object: DesiredObject): ResourceKind {
  const found = allKinds.find((kind) => kind.kind === object.kind && kind.apiVersion === object.apiVersion);
  if (found === undefined) throw new Error(`The operator does not know ${object.apiVersion} ${object.kind}`);
  return found;
}
