import { ChurnModelStatus } from '@churnops/crds';
import { at, conditionsOf } from './kube-object.js';

export type KStatus = 'InProgress' | 'Failed' | 'Current' | 'Terminating';

/** Conditions that are there only while something is going on or wrong. */
const abnormalTrue = { Reconciling: true, Stalled: true } as const;

/**
 * What kstatus (sigs.k8s.io/cli-utils, `pkg/kstatus/status`: `checkGenericProperties`, then `checkReadyCondition`) makes of
 * a custom resource: the rules by which Helm 4 `--wait` and Flux judge it, written again from their source.
 */
export function kstatusOf(object: unknown): KStatus {
  if (at(object, 'metadata', 'deletionTimestamp') !== undefined) return 'Terminating';
  const observed = at(object, 'status', 'observedGeneration');
  if (observed !== undefined && observed !== at(object, 'metadata', 'generation')) return 'InProgress';
  const conditions = Object.values(conditionsOf(object));
  const abnormal = conditions.find(({ type, status }) => type in abnormalTrue && status === 'True');
  if (abnormal !== undefined) return abnormal.type === 'Stalled' ? 'Failed' : 'InProgress';
  const ready = conditions.find(({ type }) => type === 'Ready');
  return ready === undefined || ready.status === 'True' ? 'Current' : 'InProgress';
}

/** What is wrong with a ChurnModel's status as it was written, a sentence each. Empty: every reader reads it rightly. */
export function statusFlaws(object: unknown): string[] {
  const parsed = ChurnModelStatus.safeParse(at(object, 'status'));
  if (!parsed.success) return [`The status does not fit the schema: ${parsed.error.message}`];
  return [...conditionFlaws(parsed.data), ...verdictFlaws(object, parsed.data)];
}

function conditionFlaws({ observedGeneration, conditions = [] }: ChurnModelStatus): string[] {
  const stale = conditions.filter((condition) => condition.observedGeneration !== observedGeneration);
  const idle = conditions.filter(({ type, status }) => type in abnormalTrue && status !== 'True');
  const abnormal = conditions.filter(({ type }) => type in abnormalTrue);
  return [
    ...stale.map((condition) => `${condition.type} speaks of generation ${condition.observedGeneration}`),
    ...idle.map(({ type, status }) => `${type} is there with ${status}`),
    ...(abnormal.length > 1 ? ['It is both Reconciling and Stalled'] : []),
  ];
}

function verdictFlaws(object: unknown, { observedGeneration, conditions = [] }: ChurnModelStatus): string[] {
  const generation = Number(at(object, 'metadata', 'generation'));
  if (observedGeneration > generation) return ['It speaks of a later generation'];
  if (kstatusOf(object) === 'Terminating') return [];
  const ready = conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  const current = kstatusOf(object) === 'Current';
  const agrees = observedGeneration < generation ? !current : current === ready;
  return agrees ? [] : [`kstatus reads ${kstatusOf(object)}, but Ready is ${ready ? 'True' : 'not True'}`];
}
