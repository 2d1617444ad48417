import { annotations, ChurnModelRevisionSpec, ChurnModelRevisionStatus, labels, SigningKeyId } from '@churnops/crds';
import { z } from 'zod';
import { registrationRecord } from './decide/registration-record.js';
import { parseKnown } from './known-fields.js';
import { readRevision } from './revision-unreadable.js';
import type { KubeObject } from './runtime/kube-object.js';
import type { Autoscaler, Deployment, Job, Pod, PodProblem, Revision, SigningSecret } from './world.js';

const Condition = z.looseObject({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
});
type Condition = z.infer<typeof Condition>;

const JobObject = z.looseObject({
  spec: z.looseObject({ ttlSecondsAfterFinished: z.number().optional() }),
  status: z.looseObject({ conditions: z.array(Condition).optional() }).optional(),
});

const DeploymentObject = z.looseObject({
  spec: z.looseObject({ replicas: z.number().default(1) }),
  status: z
    .looseObject({
      observedGeneration: z.number().optional(),
      replicas: z.number().optional(),
      updatedReplicas: z.number().optional(),
      readyReplicas: z.number().optional(),
      conditions: z.array(Condition).optional(),
    })
    .optional(),
});

const Waiting = z.looseObject({ reason: z.string().optional(), message: z.string().optional() });
const Terminated = Waiting.extend({ exitCode: z.number() });
const ContainerState = z.looseObject({ waiting: Waiting.optional(), terminated: Terminated.optional() });
const ContainerStatus = z.looseObject({
  state: ContainerState.optional(),
  lastState: ContainerState.optional(),
  restartCount: z.number().default(0),
});
type ContainerStatus = z.infer<typeof ContainerStatus>;

const PodObject = z.looseObject({
  status: z
    .looseObject({
      conditions: z.array(Condition).default([]),
      initContainerStatuses: z.array(ContainerStatus).default([]),
      containerStatuses: z.array(ContainerStatus).default([]),
      podIP: z.string().optional(),
    })
    .optional(),
});
type PodStatus = z.infer<typeof PodObject>['status'];

const ServiceObject = z.looseObject({
  spec: z.looseObject({
    selector: z.record(z.string(), z.string()).optional(),
  }),
});

const AutoscalerObject = z.looseObject({
  spec: z.looseObject({ scaleTargetRef: z.looseObject({ name: z.string() }) }),
  status: z.looseObject({ desiredReplicas: z.number().default(0) }).optional(),
});

const EventObject = z.looseObject({
  note: z.string().default(''),
  eventTime: z.string().nullish(),
  deprecatedLastTimestamp: z.string().nullish(),
  series: z.looseObject({ lastObservedTime: z.string() }).nullish(),
});

const JOB_NAME = 'batch.kubernetes.io/job-name';

function known<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const { data, error } = parseKnown(schema, value);
  if (error !== undefined) throw error;
  return data;
}

/** A revision as stored. Throws `RevisionUnreadable` when it does not fit the schema of this release. */
export function revisionFrom(object: KubeObject): Revision {
  const { name } = object.metadata;
  return {
    name,
    spec: readRevision(name, 'spec', () => known(ChurnModelRevisionSpec, object['spec'])),
    status: readRevision(name, 'status', () => known(ChurnModelRevisionStatus.optional(), object['status'])),
    createdTime: createdTime(object),
    object,
  };
}

export function jobFrom(object: KubeObject): Job {
  const { spec, status } = JobObject.parse(object);
  const failed = holding(status?.conditions, 'Failed');
  const complete = holding(status?.conditions, 'Complete');
  return {
    name: object.metadata.name,
    uid: object.metadata.uid,
    state: stateOf(failed, complete),
    failureReason: failed?.reason ?? '',
    failureMessage: failed?.message ?? '',
    hasTtl: spec.ttlSecondsAfterFinished !== undefined,
    registration: registrationRecord(object),
    terminating: isTerminating(object),
  };
}

export function deploymentFrom(object: KubeObject): Deployment {
  const { spec, status = {} } = DeploymentObject.parse(object);
  const progressing = status.conditions?.find(({ type }) => type === 'Progressing');
  return {
    name: object.metadata.name,
    uid: object.metadata.uid,
    observed: status.observedGeneration === object.metadata.generation,
    wantedReplicas: spec.replicas,
    replicas: status.replicas ?? 0,
    updatedReplicas: status.updatedReplicas ?? 0,
    readyReplicas: status.readyReplicas ?? 0,
    deadlineExceeded: progressing?.reason === 'ProgressDeadlineExceeded',
    podsRefused: refusalOf(status.conditions),
    retriedTime: object.metadata.annotations?.[annotations.retried],
    terminating: isTerminating(object),
  };
}

export function podFrom(object: KubeObject): Pod {
  const { status } = PodObject.parse(object);
  const { metadata } = object;
  return {
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    revision: metadata.labels?.[labels.revision],
    job: metadata.labels?.[JOB_NAME],
    createdTime: createdTime(object),
    terminating: isTerminating(object),
    ready: holding(status?.conditions, 'Ready') !== undefined,
    restarts: restartsOf(status),
    retired: metadata.annotations?.[annotations.retired],
    routing: metadata.annotations?.[annotations.routing],
    address: status?.podIP,
    problem: problemOf(status),
  };
}

function restartsOf(status: PodStatus): number {
  return Math.max(0, ...(status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));
}

export function autoscalerFrom(object: KubeObject): Autoscaler {
  const { spec, status } = AutoscalerObject.parse(object);
  return {
    uid: object.metadata.uid,
    target: spec.scaleTargetRef.name,
    desiredReplicas: status?.desiredReplicas ?? 0,
    terminating: isTerminating(object),
  };
}

/** What the newest of these events says; undefined when there is none. */
export function newestNote(events: readonly KubeObject[]): string | undefined {
  const parsed = events.map((event) => EventObject.parse(event));
  return parsed.toSorted((a, b) => lastSeen(a) - lastSeen(b)).at(-1)?.note;
}

/** The revision that a Service's selector names. */
export function selectedRevision(object: KubeObject): string | undefined {
  return ServiceObject.parse(object).spec.selector?.[labels.revision];
}

/** What the metadata of the Secret with the signing keys says. */
export function signingSecretFrom({ metadata }: KubeObject): SigningSecret {
  const { uid, resourceVersion } = metadata;
  const named = (metadata.annotations?.[annotations.signingKeys] ?? '').split(',');
  const isWhole = named.length === 2 && named.every((id) => SigningKeyId.safeParse(id).success);
  return { uid, resourceVersion, ids: isWhole ? named.toSorted() : [] };
}

// Reasons that a container waits for in good health.
const fine = ['ContainerCreating', 'PodInitializing'];

function problemOf(status: PodStatus): PodProblem | undefined {
  if (status === undefined) return undefined;
  for (const container of [...status.initContainerStatuses, ...status.containerStatuses]) {
    const problem = terminationOf(container) ?? waitingOf(container);
    if (problem !== undefined) return problem;
  }
  const scheduled = status.conditions.find(({ type }) => type === 'PodScheduled');
  return scheduled?.status === 'False' ? unscheduled(scheduled) : undefined;
}

function stateOf(failed: Condition | undefined, complete: Condition | undefined): Job['state'] {
  if (failed !== undefined) return 'Failed';
  return complete === undefined ? 'Running' : 'Complete';
}

/** A quota or an admission webhook refuses pods; the Deployment says so in a condition. */
function refusalOf(conditions: readonly Condition[] | undefined): string {
  return holding(conditions, 'ReplicaFailure')?.message ?? '';
}

function unscheduled(scheduled: Condition): PodProblem {
  return { reason: scheduled.reason ?? 'Unschedulable', message: scheduled.message ?? '', exitCode: undefined };
}

function terminationOf({ state, lastState }: ContainerStatus): PodProblem | undefined {
  // A running container that was restarted has its last end in lastState: whoever asks looks at readiness first.
  const ended = state?.terminated ?? lastState?.terminated;
  if (ended === undefined || ended.exitCode === 0) return undefined;
  return { reason: ended.reason ?? 'Error', message: ended.message ?? '', exitCode: ended.exitCode };
}

// The kubelet alternates between the two for as long as an image can't be pulled. Told as one, the status stays as it is.
const PULL_FAILED = 'ErrImagePull';
const PULL_WAITS = 'ImagePullBackOff';

function waitingOf({ state }: ContainerStatus): PodProblem | undefined {
  const { reason, message = '' } = state?.waiting ?? {};
  if (reason === undefined || fine.includes(reason)) return undefined;
  if (![PULL_FAILED, PULL_WAITS].includes(reason)) return { reason, message, exitCode: undefined };
  return { reason: PULL_WAITS, message: pullMessage(message), exitCode: undefined };
}

/** The back-off repeats the failure behind its name. */
function pullMessage(message: string): string {
  return message.split(`${PULL_FAILED}: `).at(-1) ?? message;
}

function holding(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type && condition.status === 'True');
}

/** Controllers of before events.k8s.io write only the deprecated time. */
function lastSeen(event: z.infer<typeof EventObject>): number {
  const times = [event.series?.lastObservedTime, event.eventTime, event.deprecatedLastTimestamp];
  return Math.max(...times.map((time) => (time == null ? 0 : Date.parse(time))));
}

function isTerminating({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp != null;
}

function createdTime(object: KubeObject): Date {
  return new Date(object.metadata.creationTimestamp ?? 0);
}
