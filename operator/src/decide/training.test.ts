import { describe, expect, it } from '@jest/globals';
import { trainingJob } from '../desired/training-job.js';
import type { World } from '../world.js';
import { jobExpiry, nextAttempt, training } from './training.js';
import {
  failed,
  good,
  job,
  model,
  promoted,
  revision,
  SHA256,
  training as underWay,
  world,
} from '../fixtures/world-builder.js';

const first = (status?: object) => [revision(model(), 1, status)];
const ended = job({ state: 'Failed' });
const second = { ...underWay, training: { attempt: 2, job: 'telco-1-train-2', startTime: '2026-03-01T11:59:00.000Z' } };
const unreachable = (attempt: number, completionTime = '2026-03-01T11:59:50.000Z') => {
  const status = failed('DataUnreachable', completionTime);
  const run = { job: 'telco-1-train', ...status.training, attempt };
  return { ...status, training: run };
};

describe('the time to live of a finished Job', () => {
  it.each<[string, boolean, Partial<World>]>([
    ['is set when its result is recorded', true, { revisions: first(good()) }],
    ['is set when a later attempt is recorded', true, { revisions: first(second) }],
    ['is not set before', false, { revisions: first(underWay) }],
    ['is not set while a late cache does not know that it began', false, { revisions: first() }],
    ['is not set while its revision may be too new for the cache', false, { revisions: [] }],
    ['is not set twice', false, { revisions: first(good()), jobs: [{ ...ended, hasTtl: true }] }],
    ['is not set while it runs', false, { revisions: first(good()), jobs: [job()] }],
  ])('%s', (_, isSet, differences) => {
    expect(jobExpiry(world({ jobs: [ended], ...differences }))).toHaveLength(isSet ? 1 : 0);
  });
});

describe('a retry', () => {
  it.each([
    [1, 20],
    [2, 50],
    [3, 110],
    [5, 470],
    [6, 590],
    [9, 590],
  ])('after attempt %i, 10 s ago, comes in %i s', (attempt, seconds) => {
    expect(nextAttempt(world({ revisions: first(unreachable(attempt)) }))?.seconds).toBe(seconds);
  });

  it('is another Job of the same revision, with the reason of the last failure kept', () => {
    const [record, ...writes] = training(world({ revisions: first(unreachable(2, '2026-03-01T11:00:00.000Z')) }));
    expect(record).toMatchObject({
      status: { training: { attempt: 3, job: 'telco-1-train-3', reason: 'DataUnreachable' } },
    });
    expect(writes.at(-1)).toMatchObject({ kind: 'Create', object: { metadata: { name: 'telco-1-train-3' } } });
  });
});

describe('the record of a result', () => {
  const figures = {
    metrics: { RocAUC: '0.8400' },
    intervals: { RocAUC: { low: '0.8200', high: '0.8600' } },
    gates: [{ metric: 'RocAUC' as const, minValue: '0.60', value: '0.8400', passed: true }],
    modelCard: 'telco-1-artifact-01234567',
  };
  const artifact = { kind: 'Complete', sha256: SHA256, figures, threshold: '0.3', failedGates: [] } as const;
  const trained = { revisions: first(underWay), jobs: [job({ state: 'Complete' })] };
  const again = revision(model({ serving: { maxBatchSize: 9 } }), 2);
  const reusing = { ...again, spec: { ...again.spec, reuseArtifactOf: 'telco-1' } };

  it.each<[string, Partial<World>]>([
    ['of a good model', { ...trained, artifact }],
    ['of a model that a gate refused', { ...trained, artifact: { ...artifact, failedGates: ['RocAUC is too low'] } }],
    [
      'of a model that is served otherwise from now on',
      {
        model: model({ serving: { maxBatchSize: 9 } }),
        revisions: [revision(model(), 1, { ...promoted(), ...figures }), reusing],
      },
    ],
  ])('%s has its figures, and says where its model card is', (_, differences) => {
    expect(training(world(differences))[0]).toMatchObject({ kind: 'Record', status: figures });
  });
});

describe('the Job of a training', () => {
  it('ends at once when the data is wrong or away, and goes on in another pod when its node is drained', () => {
    expect(trainingJob(model(), revision(model()), 1)).toMatchObject({
      spec: {
        completions: 1,
        parallelism: 1,
        backoffLimit: 2,
        podFailurePolicy: {
          rules: [
            { action: 'FailJob', onExitCodes: { containerName: 'trainer', operator: 'In', values: [2, 3] } },
            { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          ],
        },
        template: {
          spec: { restartPolicy: 'Never', containers: [{ terminationMessagePolicy: 'FallbackToLogsOnError' }] },
        },
      },
    });
  });

  it('reads the artifact of what serves, to compare with it, and starts without it when somebody deleted it', () => {
    const changed = model({ training: { seed: 7 } });
    const dropped = { ...good(2), stage: 'Retired' } as const;
    const revisions = [
      revision(model(), 1, promoted()),
      revision(model({ training: { seed: 5 } }), 2, dropped),
      revision(changed, 3),
    ];
    const writes = training(world({ model: changed, revisions }));
    expect(writes.at(-1)).toMatchObject({
      kind: 'Create',
      object: {
        metadata: { name: 'telco-3-train' },
        spec: {
          template: {
            spec: {
              containers: [
                {
                  env: expect.arrayContaining([
                    { name: 'CHURNOPS_CURRENT_ARTIFACT', value: '/var/run/churnops/current' },
                  ]),
                  volumeMounts: [
                    { name: 'tmp' },
                    { name: 'current', mountPath: '/var/run/churnops/current', readOnly: true },
                  ],
                },
              ],
              volumes: [
                { name: 'tmp' },
                { name: 'current', configMap: { name: 'telco-1-artifact-01234567', optional: true } },
              ],
            },
          },
        },
      },
    });
  });

  it('of a first revision has nothing to compare with', () => {
    expect(JSON.stringify(training(world({ revisions: first() })))).not.toMatch(/"current"|CURRENT_ARTIFACT/);
  });
});
