import type { ChurnModelSpec } from '@churnops/crds';

type Scheduling = Omit<ChurnModelSpec['training']['pod'], 'env'>;

/** The fields of a PodSpec that a user set: none that is empty, so that a template without settings stays as it was. */
export function scheduling(pod: Scheduling): Readonly<Record<string, unknown>> {
  const { nodeSelector, tolerations, affinity, priorityClassName, imagePullSecrets } = pod;
  return whereSet({ nodeSelector, tolerations, affinity, priorityClassName, imagePullSecrets });
}

/** Without empty texts, lists and objects. */
export function whereSet(fields: Readonly<Record<string, string | object>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => Object.keys(value).length > 0));
}
