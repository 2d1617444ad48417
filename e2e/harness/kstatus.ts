import { ChurnModelStatus } from '@churnops/crds';
import { at, conditionsOf } from './kube-object.js';

export type KStatus = 'InProgress' | 'Failed' | 'Current' | 'Terminating';

/**
 * What kstatus (sigs.k8s.io/cli-utils, `pkg/kstatus/status`: `checkGenericProperties`, then `checkReadyCondition`) makes of
 * a custom resource: the rules by which Helm 4 `--wait` and Flux judge it, written again from their source.
 */
export function kstatusOf(object: unknown): KStatus {
  if (at(object, 'metadata', 'deletionTimestamp') !== undefined) return 'Terminating';
  const observed = at(object, 'status', 'observedGeneration');
  if (observed !== undefined && observed !== at(object, 'metadata', 'generation')) return 'InProgress';
  const conditions = conditionsOf(object);
  for (const { type, status } of Object.values(conditions)) {
    if (type === 'Reconciling' && status === 'True') return 'InProgress';
    if (type === 'Stalled' && status === 'True') return 'Failed';
  }
  const ready = conditions['Ready'];
  return ready === undefined || ready.status === 'True' ? 'Current' : 'InProgress';
}

/** What is wrong with a ChurnModel's status as it was written, a sentence each. Empty: every reader reads it rightly. */
export function statusFlaws(object: unknown): string[] {
  const flaws: string[] = [];
  const status = at(object, 'status');
  const parsed = ChurnModelStatus.safeParse(status);
  if (!parsed.success) return [`The status does not fit the schema: ${parsed.error.message}`];
  const { observedGeneration } = parsed.data;
  const generation = at(object, 'metadata', 'generation');
  if (typeof generation === 'number' && observedGeneration > generation) flaws.push('It speaks of a later generation');
  const conditions = conditionsOf(object);
  for (const { type, status: value, observedGeneration: own } of Object.values(conditions)) {
    if (own !== observedGeneration) flaws.push(`${type} speaks of generation ${own ?? 'none'}`);
    if (['Reconciling', 'Stalled'].includes(type) && value !== 'True') flaws.push(`${type} is there with ${value}`);
  }
  if (conditions['Reconciling'] !== undefined && conditions['Stalled'] !== undefined) {
    flaws.push('It is both Reconciling and Stalled');
  }
  const ready = conditions['Ready']?.status === 'True';
  const verdict = kstatusOf(object);
  if (verdict === 'Current' && !ready) flaws.push('kstatus reads Current but it is not Ready');
  if (observedGeneration === generation && ready && verdict !== 'Current')
    flaws.push(`It is Ready but kstatus reads ${verdict}`);
  return flaws;
}
