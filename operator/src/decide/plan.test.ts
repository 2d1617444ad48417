import { describe, expect, it } from '@jest/globals';
import type { World } from '../world.js';
import type { Action } from './action.js';
import { plan } from './plan.js';
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
  SHA256,
  training,
  world,
} from '../fixtures/world-builder.js';

/** An action in a few words, as `Create Job telco-1-train`. */
function words(action: Action): string {
  if ('object' in action) return `${action.kind} ${action.object.kind} ${action.object.metadata.name}`;
  if ('resource' in action) return `${action.kind} ${action.resource.kind} ${action.name}`;
  switch (action.kind) {
    case 'Record':
      return `Record ${action.revision.name} ${String(action.status.stage)}`;
    case 'WriteApiKey':
      return `WriteApiKey ${String(action.sha256)}`;
    case 'WriteSigningKeys':
      return 'WriteSigningKeys';
    case 'Tell':
      return `Tell ${action.event.reason}`;
    case 'Scale':
      return `Scale ${action.deployment} ${action.replicas}`;
  }
}

/** What every plan holds: see surroundings.test.ts. */
const always = ['Apply NetworkPolicy telco', 'Apply ServiceAccount telco-serving'];

const access = ['Apply ServiceAccount telco-1-train', 'Apply Role telco-1-train', 'Apply RoleBinding telco-1-train'];
const run = [...access, 'Create ConfigMap telco-1-artifact-01234567'];
const service = 'Apply Service telco';
const budget = 'Apply PodDisruptionBudget telco';
const guards = ['Apply HorizontalPodAutoscaler telco', budget];
const upkeep = ['Apply Deployment telco-1', service, ...guards];
/** The autoscaler comes over after the Service. */
const moved = ['Apply Deployment telco-1', service, budget];
const fixed = (replicas: number) => ({ autoscaling: { policy: 'None', replicas } });
const untrained = (differences: Partial<World>) => world({ configMaps: new Set(), ...differences });
const changed = model({ training: { seed: 7 } });
const result = {
  kind: 'Complete',
  sha256: SHA256,
  figures: { metrics: {} },
  threshold: '0.3',
  failedGates: [],
} as const;
const secret = model({ data: { uri: 's3://lake/telco.csv', label: 'churn', secretRef: { name: 'lake' } } });
const second = (status: object) => ({
  model: changed,
  revisions: [revision(model(), 1, promoted()), revision(changed, 2, status)],
});
const sized = (size: number) => ({ wantedReplicas: size, updatedReplicas: size, readyReplicas: size });
const suspended = (spec: object = {}) => model({ suspend: true, ...spec });
const twice = { deployments: [deployment(1), deployment(2)] };
const secondTraining = { ...training, training: { attempt: 1, job: 'telco-2-train' } };

describe('plan', () => {
  it.each<[string, World, readonly string[]]>([
    ['makes the first revision', world(), ['Create ChurnModelRevision telco-1']],
    [
      'records an attempt before its Job is made',
      untrained({ revisions: [revision(model())] }),
      ['Record telco-1 Training', ...run, 'Create Job telco-1-train'],
    ],
    [
      'keeps up what a running Job needs',
      untrained({ revisions: [revision(model(), 1, training)], jobs: [job()] }),
      run,
    ],
    [
      'makes a Job that vanished before its result was recorded again, as the same attempt',
      untrained({ revisions: [revision(model(), 1, training)] }),
      [...run, 'Create Job telco-1-train'],
    ],
    [
      'makes no Job while the Secret of the data is missing',
      world({ model: secret, revisions: [revision(secret)], sourceSecretExists: false }),
      [],
    ],
    [
      'records the artifact of a finished Job, and leaves its time to live for later',
      world({ revisions: [revision(model(), 1, training)], jobs: [job({ state: 'Complete' })], artifact: result }),
      ['Record telco-1 Trained'],
    ],
    [
      'refuses a model whose gate failed',
      world({
        revisions: [revision(model(), 1, training)],
        jobs: [job({ state: 'Complete' })],
        artifact: { ...result, failedGates: ['RocAUC 0.55 is below minValue 0.60'] },
      }),
      ['Record telco-1 Rejected'],
    ],
    [
      'records a failed Job',
      world({
        revisions: [revision(model(), 1, training)],
        jobs: [job({ state: 'Failed' })],
        artifact: { kind: 'Absent' },
      }),
      ['Record telco-1 Rejected'],
    ],
    [
      'lets a Job expire when its result is recorded',
      servingWorld({ jobs: [job({ state: 'Complete' })] }),
      [...upkeep, 'Patch Job telco-1-train'],
    ],
    [
      'does not try rejected data again',
      world({ revisions: [revision(model(), 1, failed('DataInvalid', '2026-03-01T01:00:00.000Z'))] }),
      [],
    ],
    [
      'waits before unreachable data is tried again',
      world({ revisions: [revision(model(), 1, failed('DataUnreachable'))] }),
      [],
    ],
    [
      'tries unreachable data again under another name',
      world({ revisions: [revision(model(), 1, failed('DataUnreachable', '2026-03-01T11:59:00.000Z'))] }),
      ['Record telco-1 Training', ...access, 'Create Job telco-1-train-2'],
    ],
    [
      'starts the pods of a trained revision',
      world({ revisions: [revision(model(), 1, good())] }),
      ['Create Deployment telco-1'],
    ],
    [
      'points the Service at the first revision as soon as it has a Deployment',
      world({ revisions: [revision(model(), 1, good())], deployments: [deployment(1, { readyReplicas: 1 })] }),
      [service, 'Apply Deployment telco-1'],
    ],
    [
      'records the promotion ahead of the move',
      world({ revisions: [revision(model(), 1, good())], deployments: [deployment()] }),
      [service, 'Apply Deployment telco-1', 'Record telco-1 Serving'],
    ],
    ['keeps up what serves', servingWorld(), upkeep],
    [
      'scales what serves',
      servingWorld({ model: model(fixed(3)) }),
      ['Apply Deployment telco-1', 'Scale telco-1 3', service, 'Apply PodDisruptionBudget telco'],
    ],
    [
      'keeps up what serves before anything new',
      servingWorld({ model: changed }),
      [...upkeep, 'Create ChurnModelRevision telco-2'],
    ],
    [
      'makes the key again when its Secret is gone, after what serves',
      servingWorld({ apiKey: undefined }),
      [...upkeep, 'WriteApiKey undefined'],
    ],
    [
      'publishes the hash again when its Secret is gone',
      servingWorld({ apiKeys: undefined }),
      [...upkeep, `WriteApiKey ${SHA256}`],
    ],
    [
      'retires the old revision when requests go elsewhere',
      servingWorld({ ...second(promoted(2)), deployments: [deployment(1), deployment(2)], serviceRevision: 'telco-2' }),
      ['Apply Deployment telco-2', service, ...guards, 'Record telco-1 Retired'],
    ],
    [
      'does not retire the old revision before',
      servingWorld({ ...second(promoted(2)), deployments: [deployment(1), deployment(2)] }),
      ['Apply Deployment telco-2', service, budget],
    ],
    [
      'leaves a Deployment that is being deleted alone until it is gone',
      servingWorld({ deployments: [deployment(1, { terminating: true })] }),
      [service, ...guards],
    ],
    [
      'does not promote a Deployment that is being deleted',
      world({ revisions: [revision(model(), 1, good())], deployments: [deployment(1, { terminating: true })] }),
      [service],
    ],
    [
      'scales what serves and what starts when replicas change during a rollout',
      servingWorld({
        ...second(good(2)),
        ...twice,
        model: model({ training: { seed: 7 }, ...fixed(3) }),
      }),
      [
        'Apply Deployment telco-1',
        'Scale telco-1 3',
        service,
        'Apply PodDisruptionBudget telco',
        'Apply Deployment telco-2',
        'Scale telco-2 3',
      ],
    ],
    [
      'ends the candidate when the spec is again what serves',
      servingWorld({ ...second(secondTraining), model: model(), jobs: [job({ name: 'telco-2-train' })] }),
      [...upkeep, 'Record telco-2 Retired', 'Delete Job telco-2-train'],
    ],
    [
      'deletes a Job once',
      servingWorld({
        ...second(secondTraining),
        model: model(),
        jobs: [job({ name: 'telco-2-train', terminating: true })],
      }),
      [...upkeep, 'Record telco-2 Retired'],
    ],
    ['trains nothing when the Job of a recorded result is gone', servingWorld({ jobs: [] }), upkeep],
    [
      'makes the artifact ConfigMap again while its Job runs',
      untrained({ revisions: [revision(model(), 1, training)], jobs: [job()], artifact: { kind: 'Absent' } }),
      run,
    ],
    [
      'never uses the number of a revision that was deleted',
      world({ model: model({}, { observedGeneration: 1, lastRevisionNumber: 4, conditions: [] }) }),
      ['Create ChurnModelRevision telco-5'],
    ],
    [
      'keeps the Service on pods whose revision was deleted while the next one starts',
      world({
        revisions: [revision(model(), 2, good(2))],
        deployments: [deployment(1), deployment(2, { readyReplicas: 0 })],
        serviceRevision: 'telco-1',
      }),
      ['Apply Deployment telco-2'],
    ],
    [
      'starts the revision before when that of the current pods was deleted, and leaves the Service on them meanwhile',
      servingWorld({ deployments: [deployment(2)], serviceRevision: 'telco-2' }),
      ['Create Deployment telco-1'],
    ],
    [
      'points the Service at the revision before as soon as its pods are ready',
      servingWorld({ deployments: [deployment(1), deployment(2)], serviceRevision: 'telco-2' }),
      moved,
    ],
    [
      'points the Service at the revision before when no pod of the deleted one is ready',
      servingWorld({
        deployments: [deployment(1, { readyReplicas: 0 }), deployment(2, { readyReplicas: 0 })],
        serviceRevision: 'telco-2',
      }),
      moved,
    ],
    [
      'deletes the pods of deleted revisions when another one answers',
      world({
        revisions: [revision(model(), 2, promoted(2))],
        deployments: [deployment(1), deployment(2), deployment(3)],
        serviceRevision: 'telco-2',
      }),
      ['Apply Deployment telco-2', service, ...guards, 'Delete Deployment telco-1', 'Delete Deployment telco-3'],
    ],
    [
      'does not try again early when the time of the failure is ahead of the clock',
      world({ revisions: [revision(model(), 1, failed('DataUnreachable', '2026-03-01T13:00:00.000Z'))] }),
      [],
    ],
    [
      'ends the training that nobody wants any more',
      world({ model: changed, revisions: [revision(model(), 1, training)], jobs: [job()] }),
      ['Record telco-1 Retired', 'Delete Job telco-1-train', 'Create ChurnModelRevision telco-2'],
    ],
    [
      'brings a candidate to the size that an autoscaler gave what serves, and promotes it only then',
      servingWorld({
        ...second(good(2)),
        deployments: [deployment(1, { wantedReplicas: 5 }), deployment(2)],
        autoscaler: autoscaler(),
      }),
      [...upkeep, 'Apply Deployment telco-2', 'Scale telco-2 5'],
    ],
    [
      'promotes a candidate of that size',
      servingWorld({
        ...second(good(2)),
        deployments: [deployment(1, sized(5)), deployment(2, sized(5))],
        autoscaler: autoscaler(),
      }),
      [...upkeep, 'Apply Deployment telco-2', 'Record telco-2 Serving'],
    ],
    [
      'leaves the size to the autoscaler',
      servingWorld({ deployments: [deployment(1, sized(7))], autoscaler: autoscaler() }),
      upkeep,
    ],
    [
      'deletes the autoscaler before it sets the size itself',
      servingWorld({
        model: model(fixed(3)),
        deployments: [deployment(1, sized(7))],
        autoscaler: autoscaler(),
      }),
      [
        'Delete HorizontalPodAutoscaler telco',
        'Apply Deployment telco-1',
        'Scale telco-1 3',
        service,
        'Apply PodDisruptionBudget telco',
      ],
    ],
    [
      'deletes an autoscaler once',
      servingWorld({ model: model(fixed(2)), autoscaler: autoscaler({ terminating: true }) }),
      ['Apply Deployment telco-1', service, 'Apply PodDisruptionBudget telco'],
    ],
    ['makes no revision while suspended', servingWorld({ model: suspended({ training: { seed: 7 } }) }), upkeep],
    ['starts no training while suspended', world({ model: suspended(), revisions: [revision(model())] }), []],
    [
      'makes no Job again while suspended',
      world({ model: suspended(), revisions: [revision(model(), 1, training)] }),
      [],
    ],
    [
      'tries nothing again while suspended',
      world({
        model: suspended(),
        revisions: [revision(model(), 1, failed('DataUnreachable', '2026-03-01T01:00:00.000Z'))],
      }),
      [],
    ],
    [
      'keeps up what a running Job needs while suspended',
      untrained({ model: suspended(), revisions: [revision(model(), 1, training)], jobs: [job()] }),
      run,
    ],
    [
      'records the result of a Job that ends while suspended',
      world({
        model: suspended(),
        revisions: [revision(model(), 1, training)],
        jobs: [job({ state: 'Complete' })],
        artifact: result,
      }),
      ['Record telco-1 Trained'],
    ],
    [
      'promotes nothing while suspended',
      servingWorld({ ...second(good(2)), ...twice, model: suspended({ training: { seed: 7 } }) }),
      upkeep,
    ],
    [
      'ends no candidate while suspended',
      servingWorld({ ...second(secondTraining), model: suspended(), jobs: [job({ name: 'telco-2-train' })] }),
      upkeep,
    ],
    [
      'scales what serves while suspended',
      servingWorld({ model: suspended(fixed(3)) }),
      ['Apply Deployment telco-1', 'Scale telco-1 3', service, 'Apply PodDisruptionBudget telco'],
    ],
    [
      'asks again for pods that a quota refused',
      servingWorld({ deployments: [deployment(1, { podsRefused: 'exceeded quota: small' })] }),
      ['Apply Deployment telco-1', 'Patch Deployment telco-1', service, ...guards],
    ],
    [
      'leaves pods that something else refused to their controller',
      servingWorld({ deployments: [deployment(1, { podsRefused: 'violates PodSecurity' })] }),
      upkeep,
    ],
  ])('%s', (_, given, expected) => {
    const actions = plan(given).actions.map(words);
    expect(actions.filter((action) => !always.includes(action))).toEqual(expected);
  });

  it('asks again for refused pods every 30 s', () => {
    const refused = { podsRefused: 'exceeded quota: small', retriedTime: NOW.toISOString() };
    const given = servingWorld({ deployments: [deployment(1, refused)] });
    const at = (seconds: number) => plan({ ...given, now: new Date(NOW.getTime() + seconds * 1000) });
    expect(at(29).actions.map(words)).not.toContain('Patch Deployment telco-1');
    expect(at(29).lookAgain?.seconds).toBe(30);
    expect(at(30).actions.map(words)).toContain('Patch Deployment telco-1');
  });

  it.each([
    ['after 10 s', NOW.toISOString(), 10],
    ['then every 30 s', '2026-03-01T11:59:50.000Z', 30],
  ])('looks at a Job without a pod %s', (_, startTime, seconds) => {
    const recorded = { training: { attempt: 1, job: 'telco-1-train', startTime } };
    const given = world({ revisions: [revision(model(), 1, recorded)], jobs: [job()] });
    expect(plan(given).lookAgain?.seconds).toBe(seconds);
    expect(plan({ ...given, pods: [pod({ job: 'telco-1-train' })] }).lookAgain?.seconds).toBe(300);
  });

  it('tells old pods that they are retired, and deletes them after 60 s', () => {
    const old = revision(model(), 1, { ...promoted(), retiredTime: NOW.toISOString() });
    const given = servingWorld({
      model: changed,
      revisions: [old, revision(changed, 2, promoted(2))],
      deployments: [deployment(1), deployment(2)],
      serviceRevision: 'telco-2',
      pods: [pod({ revision: 'telco-1' })],
    });
    const at = (seconds: number) => plan({ ...given, now: new Date(NOW.getTime() + seconds * 1000) });
    expect(at(59).actions.map(words)).toContain('Patch Pod pod-1');
    expect(at(59).lookAgain?.seconds).toBe(1);
    expect(at(60).actions.map(words)).toContain('Delete Deployment telco-1');
  });

  it('keeps old pods for 60 s from now when they were retired by a clock that is ahead', () => {
    const retiredTime = new Date(NOW.getTime() + 3_600_000).toISOString();
    const given = servingWorld({
      model: changed,
      revisions: [revision(model(), 1, { ...promoted(), retiredTime }), revision(changed, 2, promoted(2))],
      ...twice,
      serviceRevision: 'telco-2',
    });
    expect(plan(given).actions.map(words)).not.toContain('Delete Deployment telco-1');
    expect(plan(given).lookAgain?.seconds).toBe(60);
  });

  it.each(['jobTemplate', 'podTemplate'] as const)('names a revision whose %s cannot be read', (field) => {
    const whole = revision(model(), 1, field === 'jobTemplate' ? undefined : good());
    const broken = { ...whole, spec: { ...whole.spec, [field]: '{"spec":' } };
    expect(() => plan(world({ revisions: [broken] }))).toThrow(`spec.${field} of ChurnModelRevision telco-1`);
  });

  it('serves an artifact again when only serving changed', () => {
    const action = plan(servingWorld({ model: model({ serving: { maxBatchSize: 7 } }) })).actions.at(-1);
    expect(action).toMatchObject({ object: { spec: { number: 2, reuseArtifactOf: 'telco-1' } } });
  });
});
