import { describe, expect, it } from '@jest/globals';
import { model, promoted, revision } from './fixtures/world-builder.js';
import { deploymentFrom, jobFrom, podFrom, revisionFrom, selectedRevision } from './observed-objects.js';
import type { KubeObject } from './runtime/index.js';

function object(fields: object, metadata: object = {}): KubeObject {
  const base = { name: 'thing', namespace: 'retention', uid: 'uid', resourceVersion: '1', generation: 3 };
  return { apiVersion: 'v1', kind: 'Thing', metadata: { ...base, ...metadata }, ...fields };
}

const holds = (type: string, fields: object = {}) => ({ type, status: 'True', ...fields });
const deleted = { deletionTimestamp: '2026-03-01T12:00:00Z' };

describe('jobFrom', () => {
  const jobOf = (conditions: readonly object[]) => jobFrom(object({ spec: {}, status: { conditions } }));

  it.each([
    ['no condition', [], 'Running'],
    ['a failure that is only decided', [holds('FailureTarget')], 'Running'],
    ['a failure that was taken back', [{ type: 'Failed', status: 'False' }], 'Running'],
    ['Failed', [holds('FailureTarget'), holds('Failed')], 'Failed'],
    ['Complete', [holds('SuccessCriteriaMet'), holds('Complete')], 'Complete'],
  ])('with %s', (_, conditions, state) => {
    expect(jobOf(conditions).state).toBe(state);
  });

  it('runs before its controller has seen it', () => {
    expect(jobFrom(object({ spec: {} }))).toMatchObject({ state: 'Running', hasTtl: false, terminating: false });
  });

  it('has a time to live, also of 0 s', () => {
    expect(jobFrom(object({ spec: { ttlSecondsAfterFinished: 0 } }, deleted))).toMatchObject({
      hasTtl: true,
      terminating: true,
    });
  });
});

describe('deploymentFrom', () => {
  it('counts nothing before its controller has seen it', () => {
    expect(deploymentFrom(object({ spec: { replicas: 2 } }))).toMatchObject({
      observed: false,
      wantedReplicas: 2,
      replicas: 0,
      readyReplicas: 0,
    });
  });

  it('is not observed while its status speaks of an older spec', () => {
    expect(deploymentFrom(object({ spec: {}, status: { observedGeneration: 2 } })).observed).toBe(false);
    expect(deploymentFrom(object({ spec: {}, status: { observedGeneration: 3 } })).observed).toBe(true);
  });

  it('says why its pods are refused, that it is late, and that it ends', () => {
    const conditions = [
      { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' },
      holds('ReplicaFailure', { reason: 'FailedCreate', message: 'exceeded quota: small' }),
    ];
    expect(deploymentFrom(object({ spec: {}, status: { conditions } }, deleted))).toMatchObject({
      deadlineExceeded: true,
      podsRefused: 'exceeded quota: small',
      terminating: true,
    });
  });
});

describe('podFrom', () => {
  const problemOf = (state: object, lastState: object = {}) =>
    podFrom(object({ status: { containerStatuses: [{ state, lastState }] } })).problem;
  const waiting = (reason: string, message = '') => ({ waiting: { reason, message } });
  const terminated = (exitCode: number) => ({ terminated: { exitCode, reason: 'Error', message: 'the end' } });
  const pull = { reason: 'ImagePullBackOff', message: 'not found', exitCode: undefined };
  const ended = { reason: 'Error', message: 'the end', exitCode: 3 };

  it.each<[string, object, object, object | undefined]>([
    ['has no problem while it starts', waiting('ContainerCreating'), {}, undefined],
    ['has none while it runs', { running: {} }, {}, undefined],
    ['has none when it ended well', terminated(0), {}, undefined],
    ['names how it ended', terminated(3), {}, ended],
    ['names how it ended before it was restarted', waiting('CrashLoopBackOff', 'back-off 40s'), terminated(3), ended],
    ['names an image that cannot be pulled', waiting('ErrImagePull', 'not found'), {}, pull],
    [
      'names it the same while the kubelet backs off',
      waiting('ImagePullBackOff', 'Back-off pulling image "a:1": ErrImagePull: not found'),
      {},
      pull,
    ],
    [
      'names the image where an older kubelet keeps the failure to itself',
      waiting('ImagePullBackOff', 'Back-off pulling image "a:1"'),
      {},
      { ...pull, message: 'Back-off pulling image "a:1"' },
    ],
    [
      'names a Secret that it waits for',
      waiting('CreateContainerConfigError', 'secret "lake" not found'),
      {},
      { reason: 'CreateContainerConfigError', message: 'secret "lake" not found', exitCode: undefined },
    ],
  ])('%s', (_, state, lastState, expected) => {
    expect(problemOf(state, lastState)).toEqual(expected);
  });

  it('that no node takes says why', () => {
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes' }];
    const problem = { reason: 'Unschedulable', message: '0/1 nodes', exitCode: undefined };
    expect(podFrom(object({ status: { conditions } })).problem).toEqual(problem);
  });

  it('belongs to the revision or the Job that its labels name', () => {
    const labels = { 'churnops.dev/revision': 'telco-1', 'batch.kubernetes.io/job-name': 'telco-1-train' };
    const conditions = [holds('Ready')];
    expect(podFrom(object({ status: { conditions } }, { labels, ...deleted }))).toMatchObject({
      revision: 'telco-1',
      job: 'telco-1-train',
      ready: true,
      terminating: true,
      retired: undefined,
      routing: undefined,
      address: undefined,
    });
  });

  it('has no state before the kubelet has seen it', () => {
    expect(podFrom(object({}))).toMatchObject({ ready: false, problem: undefined });
  });
});

describe('revisionFrom', () => {
  const { object: stored } = revision(model(), 1, promoted());

  it('reads what was written', () => {
    expect(revisionFrom(stored)).toMatchObject({ name: 'telco-1', spec: { number: 1 }, status: { stage: 'Serving' } });
  });

  it.each([
    ['spec', { ...stored, spec: { number: 1 } }],
    ['spec', { ...stored, spec: undefined }],
    ['status', { ...stored, status: { observedGeneration: 1, stage: 'Paused' } }],
  ])('names the revision and the field when its %s does not fit', (field, broken) => {
    expect(() => revisionFrom(broken)).toThrow(`${field} of ChurnModelRevision telco-1 does not fit`);
  });
});

describe('selectedRevision', () => {
  it.each([
    ['a revision', { 'churnops.dev/revision': 'telco-2' }, 'telco-2'],
    ['something else', { app: 'mine' }, undefined],
    ['nothing', undefined, undefined],
  ])('of a Service that selects %s', (_, selector, expected) => {
    expect(selectedRevision(object({ spec: { selector } }))).toBe(expected);
  });
});
