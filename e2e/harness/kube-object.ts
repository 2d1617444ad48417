import { z } from 'zod';

/** Any object of the API as JSON; what a test reads deeper than metadata it reads with `at`. */
export const KubeObject = z.looseObject({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    uid: z.string().optional(),
    resourceVersion: z.string().optional(),
    generation: z.number().optional(),
    creationTimestamp: z.string().optional(),
    deletionTimestamp: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
    ownerReferences: z
      .array(z.looseObject({ kind: z.string(), name: z.string(), uid: z.string(), controller: z.boolean().optional() }))
      .optional(),
  }),
});
export type KubeObject = z.infer<typeof KubeObject>;

/** Where each kind that the tests touch lives: the folder of its API group, and its plural. */
const homes = {
  ConfigMap: ['/api/v1', 'configmaps'],
  Event: ['/apis/events.k8s.io/v1', 'events'],
  Namespace: ['/api/v1', 'namespaces'],
  Pod: ['/api/v1', 'pods'],
  Secret: ['/api/v1', 'secrets'],
  Service: ['/api/v1', 'services'],
  ServiceAccount: ['/api/v1', 'serviceaccounts'],
  Deployment: ['/apis/apps/v1', 'deployments'],
  ReplicaSet: ['/apis/apps/v1', 'replicasets'],
  Job: ['/apis/batch/v1', 'jobs'],
  HorizontalPodAutoscaler: ['/apis/autoscaling/v2', 'horizontalpodautoscalers'],
  NetworkPolicy: ['/apis/networking.k8s.io/v1', 'networkpolicies'],
  Lease: ['/apis/coordination.k8s.io/v1', 'leases'],
  PodDisruptionBudget: ['/apis/policy/v1', 'poddisruptionbudgets'],
  ResourceQuota: ['/api/v1', 'resourcequotas'],
  Role: ['/apis/rbac.authorization.k8s.io/v1', 'roles'],
  RoleBinding: ['/apis/rbac.authorization.k8s.io/v1', 'rolebindings'],
  ChurnModel: ['/apis/churnops.dev/v1alpha1', 'churnmodels'],
  ChurnModelRevision: ['/apis/churnops.dev/v1alpha1', 'churnmodelrevisions'],
} as const;
export type Kind = keyof typeof homes;

/** Path of a collection in a namespace, or of one object in it. */
export function pathOf(kind: Exclude<Kind, 'Namespace'>, namespace: string, name?: string): string {
  const [group, plural] = homes[kind];
  return `${group}/namespaces/${namespace}/${plural}${name === undefined ? '' : `/${name}`}`;
}

/** Path of a collection across all namespaces. */
export function collectionOf(kind: Kind): string {
  return homes[kind].join('/');
}

/** The value at a path of keys inside of any JSON value; undefined where the path ends early. */
export function at(value: unknown, ...keys: readonly (string | number)[]): unknown {
  let inner = value;
  for (const key of keys) {
    if (typeof inner !== 'object' || inner === null) return undefined;
    inner = Object.entries(inner).find(([name]) => name === String(key))?.[1];
  }
  return inner;
}

/** The text at a path; empty where there is none. */
export function textAt(value: unknown, ...keys: readonly (string | number)[]): string {
  const text = at(value, ...keys);
  return typeof text === 'string' ? text : '';
}

const ConditionView = z.looseObject({
  type: z.string(),
  status: z.string(),
  // Those of pods may have neither.
  reason: z.string().default(''),
  message: z.string().default(''),
  observedGeneration: z.number().optional(),
});

/** The conditions of an object by their type. */
export function conditionsOf(object: unknown): Record<string, z.infer<typeof ConditionView>> {
  const list = z.array(ConditionView).safeParse(at(object, 'status', 'conditions'));
  return Object.fromEntries((list.data ?? []).map((condition) => [condition.type, condition]));
}
