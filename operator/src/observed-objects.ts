import { annotations, ChurnModelRevisionSpec, ChurnModelRevisionStatus, labels, ports } from '@churnops/crds';
import { z } from 'zod';
import type { KubeObject } from './runtime/kube-object.js';
import type { Deployment, Job, Pod, PodProblem, Revision } from './world.js';

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
const ContainerStatus = z.looseObject({ state: ContainerState.optional(), lastState: ContainerState.optional() });
type ContainerStatus = z.infer<typeof ContainerStatus>;

const PodObject = z.looseObject({
  status: z
    .looseObject({
      conditions: z.array(Condition).default([]),
      containerStatuses: z.array(ContainerStatus).default([]),
    })
    .optional(),
});
type PodStatus = z.infer<typeof PodObject>['status'];

const ServiceObject = z.looseObject({
  spec: z.looseObject({
    selector: z.record(z.string(), z.string()).optional(),
    ports: z.array(z.looseObject({ name: z.string().optional(), port: z.number() })).default([]),
  }),
});

const JOB_NAME = 'batch.kubernetes.io/job-name';

/** A revision as stored. Throws `ZodError` when it does not fit the schema of this release. */
export function revisionFrom(object: KubeObject): Revision {
  const status = object['status'];
  return {
    name: object.metadata.name,
    spec: ChurnModelRevisionSpec.parse(object['spec']),
    status: status === undefined ? undefined : ChurnModelRevisionStatus.parse(status),
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
  };
}

export function podFrom(object: KubeObject): Pod {
  const { status } = PodObject.parse(object);
  const { metadata } = object;
  return {
    name: metadata.name,
    uid: metadata.uid,
    revision: metadata.labels?.[labels.revision],
    job: metadata.labels?.[JOB_NAME],
    createdTime: createdTime(object),
    terminating: metadata.deletionTimestamp != null,
    ready: holding(status?.conditions, 'Ready') !== undefined,
    retired: metadata.annotations?.[annotations.retired],
    problem: problemOf(status),
  };
}

/** The revision that a Service's selector names. */
export function selectedRevision(object: KubeObject): string | undefined {
  return ServiceObject.parse(object).spec.selector?.[labels.revision];
}

/** Whether a port of a Service has the name of ours and another number, so that an apply would be refused. */
export function hasClashingPort(object: KubeObject): boolean {
  const { name, number } = ports.http;
  return ServiceObject.parse(object).spec.ports.some((port) => port.name === name && port.port !== number);
}

// Reasons that a container waits for in good health.
const fine = ['ContainerCreating', 'PodInitializing'];

function problemOf(status: PodStatus): PodProblem | undefined {
  if (status === undefined) return undefined;
  for (const container of status.containerStatuses) {
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

function unscheduled(scheduled: Condition): PodProblem {
  return { reason: scheduled.reason ?? 'Unschedulable', message: scheduled.message ?? '', exitCode: undefined };
}

function terminationOf({ state, lastState }: ContainerStatus): PodProblem | undefined {
  // A running container that was restarted has its last end in lastState: whoever asks looks at readiness first.
  const ended = state?.terminated ?? lastState?.terminated;
  if (ended === undefined || ended.exitCode === 0) return undefined;
  return { reason: ended.reason ?? 'Error', message: ended.message ?? '', exitCode: ended.exitCode };
}

function waitingOf({ state }: ContainerStatus): PodProblem | undefined {
  const reason = state?.waiting?.reason;
  if (reason === undefined || fine.includes(reason)) return undefined;
  return { reason, message: state?.waiting?.message ?? '', exitCode: undefined };
}

function holding(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type && condition.status === 'True');
}

function createdTime(object: KubeObject): Date {
  return new Date(object.metadata.creationTimestamp ?? 0);
}
