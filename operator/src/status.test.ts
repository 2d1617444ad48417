import { ChurnModelStatus } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import {
  autoscaler,
  deployment,
  failed,
  good,
  job,
  model,
  NOW,
  pod,
  promoted,
  revision,
  servingWorld,
  training,
  world,
} from './fixtures/world-builder.js';
import type { Outcome } from './outcome.js';
import { summarize, unobservedStatus, unreadableStatus } from './status.js';
import type { World } from './world.js';

const done: Outcome = { kind: 'done' };
const conflict: Outcome = {
  kind: 'stalled',
  reason: 'NameConflict',
  message: 'Service telco exists already.',
  seconds: 60,
};
const refused: Outcome = { kind: 'refused', reason: 'Forbidden', message: 'cannot create', error: new Error() };
const passing: Outcome = {
  kind: 'waiting',
  seconds: 2,
  reason: 'A name is not free yet',
  message: 'It is being deleted.',
};
const crash = { reason: 'Error', exitCode: 1 };
const changed = model({ training: { seed: 7 } });

function told(given: World, outcome: Outcome): Record<string, string> {
  const { conditions = [] } = summarize(given, outcome);
  return Object.fromEntries(conditions.map(({ type, status, reason }) => [type, `${status} ${reason}`]));
}

const cases: [string, World, Outcome, Record<string, string>][] = [
  [
    'is Reconciling before there is a revision',
    world(),
    done,
    { Ready: 'False Training', Reconciling: 'True Training' },
  ],
  [
    'trains',
    world({ revisions: [revision(model(), 1, training)], jobs: [job()] }),
    done,
    { Ready: 'False Training', Reconciling: 'True Training', Promoted: 'False Training' },
  ],
  [
    'names a missing Secret',
    world({ revisions: [revision(model())], sourceSecretExists: false }),
    done,
    { Ready: 'False SecretNotFound', Reconciling: 'True Training', Promoted: 'False Training' },
  ],
  [
    'retries unreachable data without being Stalled',
    world({ revisions: [revision(model(), 1, failed('DataUnreachable'))] }),
    done,
    {
      Ready: 'False DataUnreachable',
      Reconciling: 'True Training',
      Trained: 'False JobFailed',
      Promoted: 'False Training',
    },
  ],
  [
    'is Stalled by bad data',
    world({ revisions: [revision(model(), 1, failed('DataInvalid'))] }),
    done,
    { Ready: 'False Rejected', Stalled: 'True DataInvalid', Trained: 'False JobFailed', Promoted: 'False Rejected' },
  ],
  [
    'starts its pods',
    world({ revisions: [revision(model(), 1, good())] }),
    done,
    {
      Ready: 'False RolloutInProgress',
      Reconciling: 'True RolloutInProgress',
      Trained: 'True GatesPassed',
      Promoted: 'False RolloutInProgress',
    },
  ],
];

const serving = {
  Available: 'True MinimumReplicasAvailable',
  Trained: 'True GatesPassed',
  Promoted: 'True ReadyAtFullSize',
};
const servingCases: [string, World, Outcome, Record<string, string>][] = [
  ['serves', servingWorld(), done, { Ready: 'True Reconciled', ...serving }],
  [
    'is not Ready with a pod less, but Available',
    servingWorld({ deployments: [deployment(1, { readyReplicas: 1 })] }),
    done,
    { Ready: 'False RolloutInProgress', Reconciling: 'True RolloutInProgress', ...serving },
  ],
  [
    'stays Available when a retraining is refused',
    servingWorld({
      model: changed,
      revisions: [revision(model(), 1, promoted()), revision(changed, 2, failed('DataInvalid'))],
    }),
    done,
    {
      ...serving,
      Ready: 'False Rejected',
      Stalled: 'True DataInvalid',
      Trained: 'False JobFailed',
      Promoted: 'False Rejected',
    },
  ],
  [
    'waits while it is suspended',
    servingWorld({ model: model({ suspend: true, training: { seed: 7 } }) }),
    done,
    { Ready: 'False Suspended', ...serving },
  ],
  [
    'has what it asks for while it is suspended',
    servingWorld({ model: model({ suspend: true }) }),
    done,
    { Ready: 'True Reconciled', ...serving },
  ],
  [
    'holds a trained revision back while it is suspended',
    servingWorld({
      model: model({ suspend: true, training: { seed: 7 } }),
      revisions: [revision(model(), 1, promoted()), revision(changed, 2, good(2))],
    }),
    done,
    { ...serving, Ready: 'False Suspended', Promoted: 'False Suspended' },
  ],
  [
    'asks again for what serves before a trained revision took over',
    servingWorld({ revisions: [revision(model(), 1, promoted()), revision(changed, 2, good(2))] }),
    done,
    { ...serving, Ready: 'True Reconciled', Promoted: 'False Rejected' },
  ],
  [
    'has fewer pods than its autoscaler asks for',
    servingWorld({
      deployments: [deployment(1, { wantedReplicas: 5, podsRefused: 'exceeded quota: small' })],
      autoscaler: autoscaler(),
    }),
    done,
    { Ready: 'True Reconciled', ...serving },
  ],
  [
    'may have no more pods',
    servingWorld({ deployments: [deployment(1, { readyReplicas: 1, podsRefused: 'exceeded quota: small' })] }),
    done,
    { Ready: 'False QuotaExceeded', Stalled: 'True QuotaExceeded', ...serving },
  ],
  [
    'may train no more',
    servingWorld({
      model: changed,
      revisions: [revision(model(), 1, promoted()), revision(changed, 2, training)],
      jobs: [job()],
      jobRefusal: 'Error creating: pods "telco-2-train-abc" is forbidden: exceeded quota: small',
    }),
    done,
    {
      ...serving,
      Ready: 'False QuotaExceeded',
      Stalled: 'True QuotaExceeded',
      Promoted: 'False Training',
    },
  ],
  [
    'answers from pods whose Deployment was deleted',
    servingWorld({ deployments: [], pods: [pod({ revision: 'telco-1', ready: true })] }),
    done,
    { Ready: 'False RolloutInProgress', Reconciling: 'True RolloutInProgress', ...serving },
  ],
  [
    'answers from the old pods until the Service moves',
    servingWorld({
      model: changed,
      revisions: [revision(model(), 1, promoted()), revision(changed, 2, promoted(2))],
      deployments: [deployment(1), deployment(2, { readyReplicas: 0 })],
    }),
    done,
    { Ready: 'False RolloutInProgress', Reconciling: 'True RolloutInProgress', ...serving },
  ],
  [
    'answers while its Service is made again',
    servingWorld({ serviceRevision: undefined }),
    done,
    { Ready: 'False RolloutInProgress', Reconciling: 'True RolloutInProgress', ...serving },
  ],
  [
    'names a conflict',
    servingWorld(),
    conflict,
    { Ready: 'False NameConflict', Stalled: 'True NameConflict', ...serving },
  ],
  [
    'misses its artifact, and goes on serving',
    servingWorld({ configMaps: new Set() }),
    done,
    { Ready: 'False ArtifactMissing', Stalled: 'True ArtifactMissing', ...serving },
  ],
];

describe('conditions', () => {
  it.each(cases)('a model %s', (_, given, outcome, expected) => {
    expect(told(given, outcome)).toEqual({ Available: 'False NoReadyReplicas', ...expected });
  });

  it.each(servingCases)('a model that serves %s', (_, given, outcome, expected) => {
    expect(told(given, outcome)).toEqual(expected);
  });
});

describe('summarize', () => {
  it.each([...cases, ...servingCases])('fits the schema when a model %s', (_, given, outcome) => {
    expect(ChurnModelStatus.parse(summarize(given, outcome))).toEqual(summarize(given, outcome));
  });

  it('says the same again when nothing changed but the time', () => {
    const first = summarize(servingWorld(), conflict);
    const later = servingWorld({ model: model({}, first), now: new Date(NOW.getTime() + 60_000) });
    expect(summarize(later, conflict)).toEqual(first);
  });

  it('brings the last words of a pod that refuses its artifact', () => {
    const problem = { reason: 'Error', message: 'loading\nmanifest.json has another hash', exitCode: 3 };
    const status = summarize(
      servingWorld({
        deployments: [deployment(1, { readyReplicas: 0 })],
        pods: [pod({ revision: 'telco-1', problem })],
      }),
      done,
    );
    expect(status.lastFailure).toMatchObject({ component: 'Serving', reason: 'ArtifactMissing' });
    expect(status.conditions?.find(({ type }) => type === 'Ready')?.message).toContain(
      'manifest.json has another hash',
    );
  });

  it('says why a revision without its artifact was rolled back, and what to do', () => {
    const time = NOW.toISOString();
    const ended = { stage: 'RolledBack', startTime: time, stepStartTime: time, endTime: time } as const;
    const why = { reason: 'ArtifactMissing', message: 'It can not run: it has no artifact' };
    const rollout = { sequence: 41, attempt: 1, step: 0, percent: 0, sizePercent: 5, ...ended, ...why };
    const revisions = [revision(model(), 1, promoted()), revision(changed, 2, { ...good(2), rollout })];
    const { conditions = [] } = summarize(servingWorld({ model: changed, revisions, configMaps: new Set() }), done);
    const message = conditions.find(({ type }) => type === 'Ready')?.message;
    expect(message).toContain('Revision telco-2 was rolled back: It can not run: it has no artifact. ConfigMap ');
    expect(message).toContain('is gone');
  });

  it.each([
    ['a write that is refused', servingWorld({ deployments: [] }), refused, 'cannot create'],
    [
      'what refuses its pods',
      servingWorld({
        deployments: [
          deployment(1, { readyReplicas: 0, podsRefused: 'pods "telco-1-abc" is forbidden: violates PodSecurity' }),
        ],
      }),
      done,
      'Deployment telco-1 can not make its pods: violates PodSecurity.',
    ],
    [
      'what refuses the pod of its Job',
      world({
        revisions: [revision(model(), 1, training)],
        jobs: [job()],
        jobRefusal: 'Error creating: pods "telco-1-train-abc" is forbidden: violates PodSecurity "restricted:latest"',
      }),
      done,
      'Job telco-1-train can not make its pods: violates PodSecurity "restricted:latest".',
    ],
    ['a name that is not free yet', world(), passing, 'It is being deleted'],
  ])('tells in Ready of %s', (_, given, outcome, words) => {
    const { conditions = [] } = summarize(given, outcome);
    expect(conditions.find(({ type }) => type === 'Ready')?.message).toContain(words);
    expect(conditions.some(({ type }) => type === 'Stalled')).toBe(false);
  });

  it('names the same pod whatever order the cache has', () => {
    const pods = ['b', 'a'].map((name) => pod({ name, revision: 'telco-1', problem: { ...crash, message: name } }));
    const given = (some: typeof pods) =>
      servingWorld({ deployments: [deployment(1, { readyReplicas: 0 })], pods: some });
    expect(summarize(given(pods), done)).toEqual(summarize(given(pods.toReversed()), done));
  });

  it('brings a refused write, and forgets it when it went through', () => {
    const status = summarize(servingWorld(), refused);
    expect(status.lastFailure).toMatchObject({ component: 'Operator', reason: 'Forbidden' });
    expect(summarize(servingWorld({ model: model({}, status) }), done).lastFailure).toBeUndefined();
  });

  it('cuts a message that is longer than a condition may hold', () => {
    const given = servingWorld();
    const status = summarize(given, { ...conflict, message: 'x'.repeat(40_000) });
    expect(ChurnModelStatus.parse(status)).toEqual(status);
  });

  it.each([
    ['a new model', { observedGeneration: -1 }, ['Ready', 'Reconciling']],
    ['one that a newer release told of', { ...summarize(servingWorld(), done), weight: 5 }, Object.keys(serving)],
  ])('tells what may not be read of %s', (_, status, expected) => {
    const { object } = model();
    const told = unobservedStatus({ ...object, status }, { message: 'secrets is forbidden', now: NOW });
    expect(told).toMatchObject({ observedGeneration: 1, lastFailure: { reason: 'Forbidden' } });
    expect(told.conditions?.map(({ type }) => type)).toEqual(expect.arrayContaining([...expected]));
  });

  it('is Stalled by a spec that it cannot read, and still tells what serves', () => {
    const status = unreadableStatus(summarize(servingWorld(), done), { generation: 2, message: 'No.', now: NOW });
    expect(status.current?.revision).toBe('telco-1');
    expect(
      status.conditions?.map(({ type, status: value, observedGeneration }) => [type, value, observedGeneration]),
    ).toEqual([
      ['Ready', 'False', 2],
      ['Stalled', 'True', 2],
      ['Available', 'True', 2],
      ['Trained', 'True', 2],
      ['Promoted', 'True', 2],
    ]);
  });
});
