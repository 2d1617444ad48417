import { describe, expect, it } from '@jest/globals';
import type { Job, Pod } from '../world.js';
import { failureOf } from './training-result.js';
import { job, model, NOW, pod, world } from '../fixtures/world-builder.js';

const said = { reason: 'DataInvalid', message: 'Column "left" is not in telco.csv' };
const trainer = (problem: Partial<NonNullable<Pod['problem']>>, seconds = 0) =>
  pod({
    name: `pod-${seconds}`,
    job: 'telco-1-train',
    createdTime: new Date(NOW.getTime() + seconds * 1000),
    problem: { reason: 'Error', message: '', exitCode: 1, ...problem },
  });

function explained(pods: readonly Pod[], differences: Partial<Job> = {}) {
  const given = world({ pods, model: model({ training: { activeDeadlineSeconds: 60 } }) });
  return failureOf(given, job({ state: 'Failed', failureMessage: 'Job has reached the limit', ...differences }));
}

const failure = (message: string) => ({ reason: 'TrainingFailed', message });

describe('why a training failed', () => {
  it.each<[string, Parameters<typeof explained>, { reason: string; message: string }]>([
    ['is what the trainer said', [[trainer({ message: JSON.stringify(said) })]], said],
    [
      'is what the newest pod said',
      [
        [
          trainer({ message: JSON.stringify({ ...said, message: 'new' }) }, 9),
          trainer({ message: JSON.stringify(said) }),
        ],
      ],
      { ...said, message: 'new' },
    ],
    [
      'is the end of the log of a trainer that was killed',
      [[trainer({ message: 'line 1\nSegmentation fault\n' })]],
      failure('Job telco-1-train failed: Error Segmentation fault. See kubectl logs job/telco-1-train.'),
    ],
    [
      'is no reason that this release does not know',
      [[trainer({ message: JSON.stringify({ reason: 'Later', message: 'x' }) })]],
      failure('Job telco-1-train failed: Error {"reason":"Later","message":"x"}. See kubectl logs job/telco-1-train.'),
    ],
    [
      'names the limit when memory ran out',
      [[trainer({ reason: 'OOMKilled', exitCode: 137 })]],
      failure('Job telco-1-train ran out of memory: raise spec.training.resources.limits.memory.'),
    ],
    [
      'is what the Job says when its pods are gone',
      [[]],
      failure('Job telco-1-train failed: Job has reached the limit. See kubectl logs job/telco-1-train.'),
    ],
    [
      'is the deadline, whatever the pod said when it was ended',
      [[trainer({ message: JSON.stringify(said) })], { failureReason: 'DeadlineExceeded' }],
      failure(
        'Job telco-1-train took longer than spec.training.activeDeadlineSeconds (60 s): raise it, or train on less data.',
      ),
    ],
  ])('%s', (_, given, expected) => {
    expect(explained(...given)).toMatchObject(expected);
  });

  it('is told apart from a failed Job when it took too long', () => {
    expect(explained([], { failureReason: 'DeadlineExceeded' }).trained).toBe('DeadlineExceeded');
    expect(explained([]).trained).toBe('JobFailed');
  });
});
