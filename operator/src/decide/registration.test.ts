import { Registration } from '@churnops/crds';
import type { ChurnModelRevisionStatus, Condition } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { deployment, failed, good, job, model, pod, promoted, revision, world } from '../fixtures/world-builder.js';
import { jobFrom } from '../observed-objects.js';
import type { DesiredObject } from '../runtime/kube-object.js';
import type { Job, Model, Revision, World } from '../world.js';
import type { Action } from './action.js';
import { registered, registration } from './registration.js';

const mlflow = {
  url: 'http://mlflow.mlops.svc:5000/tracking',
  secretRef: { name: 'mlflow' },
  caBundleRef: { name: 'ca' },
};
const sha256 = (number: number) => number.toString(16).repeat(64);

function asked(seed: number, differences: object = {}): Model {
  return model({
    training: { seed },
    registry: { mlflow: { ...mlflow, ...differences } },
    rollout: { strategy: 'Canary' },
  });
}

function trained(number: number, status: Partial<ChurnModelRevisionStatus> = good(number)): Revision {
  const { artifact } = status;
  const own = artifact === undefined ? status : { ...status, artifact: { ...artifact, sha256: sha256(number) } };
  return revision(asked(number), number, own);
}

const serving = (number: number, promotedTime = '2026-03-01T11:20:00.000Z') =>
  trained(number, { ...promoted(number), promotedTime });

const time = '2026-03-01T11:30:00.000Z';
const rollout = { sequence: 1, attempt: 1, step: 1, percent: 5, sizePercent: 5, startTime: time, stepStartTime: time };
const rolledOut = (number: number) =>
  trained(number, { ...good(number), rollout: { ...rollout, stage: 'Canary', previousRevision: 'telco-1' } });

/** Revision 1 serves. */
function given(revisions: readonly Revision[], jobs: readonly Job[] = [], seed = revisions.length): World {
  return world({ model: asked(seed), revisions, jobs, deployments: [deployment(1)], serviceRevision: 'telco-1' });
}

const Container = z.looseObject({ env: z.array(z.object({ name: z.string(), value: z.string() })) });
const Template = z.looseObject({
  template: z.looseObject({ spec: z.looseObject({ containers: z.array(Container).length(1) }) }),
});

function created(actions: readonly Action[]): DesiredObject {
  const [made, ...more] = actions.filter((action) => action.kind === 'Create');
  expect(more).toEqual([]);
  if (made === undefined) throw new Error('Nothing was created');
  return made.object;
}

/** What a Job is told. */
function told(object: DesiredObject): Registration {
  const [container] = Template.parse(object['spec']).template.spec.containers;
  const text = container?.env.find(({ name }) => name === 'CHURNOPS_REGISTRATION')?.value ?? '';
  return Registration.parse(JSON.parse(text));
}

/** The Job that a world asks for, as it is found when it has ended. */
function ended(from: World, state: Job['state'], differences: Partial<Job> = {}): Job {
  const { metadata, ...rest } = created(registration(from));
  const identity = { uid: metadata.name, resourceVersion: '1' };
  const live = { name: metadata.name, annotations: { ...metadata.annotations }, labels: { ...metadata.labels } };
  return { ...jobFrom({ ...rest, metadata: { ...identity, ...live } }), state, ...differences };
}

function words(action: Action): string {
  if ('object' in action) return `${action.kind} ${action.object.metadata.name}`;
  return 'name' in action ? `${action.kind} ${action.name}` : action.kind;
}

const seen = (from: World) => registration(from).map(words);

describe('MLflow', () => {
  it('is told nothing without spec.registry.mlflow, nor before a model is trained', () => {
    const without = { ...given([serving(1)]), model: model({ training: { seed: 1 } }) };
    expect([...registration(without), ...registration(given([]))]).toEqual([]);
    expect([registered(without), registered(given([]))]).toEqual([undefined, undefined]);
  });

  it('is told of all trained models, and of who serves and who is rolled out', () => {
    const object = created(registration(given([serving(1), rolledOut(2)])));
    expect(object.metadata).toMatchObject({ name: 'telco-mlflow-1', ownerReferences: [{ kind: 'ChurnModel' }] });
    expect(told(object)).toEqual({
      url: mlflow.url,
      name: 'retention.telco',
      model: 'retention/telco',
      modelUid: expect.any(String),
      versions: [1, 2].map((number) => ({
        revision: `telco-${number}`,
        sha256: sha256(number),
        folder: `/var/run/churnops/artifacts/telco-${number}`,
        source: `configmap://retention/telco-${number}-artifact-01234567`,
      })),
      refused: [],
      champion: { alias: 'champion', sha256: sha256(1) },
      challenger: { alias: 'challenger', sha256: sha256(2) },
    });
  });

  it('is told why a gate refused a model, once, and neither of a training that failed nor of a manifest that is gone', () => {
    const [refused, unread] = [trained(2, failed('GateFailed')), trained(3, failed('DataInvalid'))];
    const first = given([serving(1), refused, unread]);
    const object = created(registration(first));
    expect(told(object)).toMatchObject({
      versions: [{ revision: 'telco-1' }],
      refused: [{ revision: 'telco-2', folder: '/var/run/churnops/artifacts/telco-2', reason: 'GateFailed happened.' }],
      challenger: { sha256: null },
    });
    expect(JSON.stringify(object)).toContain('"name":"telco-2-artifact-01234567","optional":true');
    expect(seen({ ...first, jobs: [ended(first, 'Complete')] })).toEqual([]);
    const gone = { ...first, configMaps: new Set(['telco-1-artifact-01234567']) };
    expect(told(created(registration(gone))).refused).toEqual([]);
  });

  it('is told of the first model also when a gate refused it', () => {
    const only = world({ model: asked(1), revisions: [trained(1, failed('GateFailed'))] });
    expect(told(created(registration(only)))).toMatchObject({
      versions: [],
      refused: [{ revision: 'telco-1' }],
      champion: { sha256: null },
    });
  });

  it('is told by a pod with the Secret and the certificates, and without rights to the API', () => {
    const text = JSON.stringify(created(registration(given([serving(1)]))));
    expect(text).toContain('"secretName":"mlflow"');
    expect(text).toContain('"/var/run/churnops/mlflow-ca/ca.crt"');
    expect(text).toContain('"automountServiceAccountToken":false');
    expect(text).not.toContain('ttlSecondsAfterFinished');
  });

  it('is told the same once', () => {
    const first = given([serving(1)]);
    expect(seen({ ...first, jobs: [ended(first, 'Complete')] })).toEqual([]);
    expect(seen({ ...first, jobs: [ended(first, 'Running')] })).toEqual([]);
  });

  it('is told of a promotion, and of a rollback, but of no version twice', () => {
    const before = given([serving(1), rolledOut(2)]);
    const done = ended(before, 'Complete');
    const later = given([serving(1), serving(2, '2026-03-01T11:50:00.000Z')], [done]);
    const promotion = created(registration(later));
    expect(promotion.metadata.name).toBe('telco-mlflow-2');
    expect(told(promotion)).toMatchObject({
      versions: [],
      champion: { sha256: sha256(2) },
      challenger: { sha256: null },
    });
    const second = ended(later, 'Complete');
    const back = trained(2, {
      ...promoted(2),
      rollout: { ...rollout, stage: 'RolledBack', previousRevision: 'telco-1', reason: 'LateRollback' },
    });
    const rolledBack = registration(given([serving(1), back], [done, second]));
    expect(rolledBack.map(words)).toEqual(['Delete telco-mlflow-1', 'Create telco-mlflow-3']);
    expect(told(created(rolledBack))).toMatchObject({ versions: [], champion: { sha256: sha256(1) } });
  });

  it('is told by one Job at a time: the next one is told what came in between', () => {
    const first = given([serving(1)]);
    const running = ended(first, 'Running');
    expect(seen(given([serving(1), rolledOut(2)], [running]))).toEqual([]);
    const object = created(registration(given([serving(1), rolledOut(2)], [{ ...running, state: 'Complete' }])));
    expect(told(object)).toMatchObject({ versions: [{ revision: 'telco-2' }], challenger: { sha256: sha256(2) } });
  });

  it('is told of an artifact once when a second revision serves it', () => {
    const again = { ...serving(2, '2026-03-01T11:50:00.000Z') };
    const shared = {
      ...again,
      status: { ...promoted(1), observedGeneration: 1, promotedTime: '2026-03-01T11:50:00.000Z' },
    };
    const first = revision(asked(1), 1, promoted(1));
    expect(told(created(registration(given([first, shared])))).versions.map(({ revision: of }) => of)).toEqual([
      'telco-1',
    ]);
  });

  it('is told of ten models at a time', () => {
    const many = Array.from({ length: 12 }, (_, index) => trained(index + 1));
    const configMaps = new Set(many.map(({ status }) => status?.artifact?.configMap ?? ''));
    const all = { ...given(many), configMaps };
    expect(told(created(registration(all))).versions).toHaveLength(10);
    const next = created(registration({ ...all, jobs: [ended(all, 'Complete')] }));
    expect(told(next).versions.map(({ revision: of }) => of)).toEqual(['telco-11', 'telco-12']);
    const waits = registration({ ...all, jobs: [ended(all, 'Failed', { hasTtl: true })] });
    expect(waits).toEqual([]);
  });

  it('is told of all again elsewhere', () => {
    const before = given([serving(1)]);
    const moved = { ...before, model: asked(1, { url: 'https://other' }), jobs: [ended(before, 'Complete')] };
    expect(told(created(registration(moved)))).toMatchObject({
      url: 'https://other',
      versions: [{ revision: 'telco-1' }],
    });
  });

  it('is told nothing more when the field is taken away', () => {
    const before = given([serving(1)]);
    const jobs = [ended(before, 'Complete'), ended(before, 'Running', { name: 'telco-mlflow-2' })];
    expect(seen({ ...before, model: model({ training: { seed: 1 } }), jobs })).toEqual(['Delete telco-mlflow-1']);
  });
});

describe('an MLflow that is away', () => {
  const before = given([serving(1)]);
  const done = ended(before, 'Complete');
  const during = given([serving(1), rolledOut(2)], [done]);
  const failed = ended(during, 'Failed');

  it('is tried again when the Job that failed is gone, which takes ten minutes', () => {
    const actions = registration({ ...during, jobs: [done, failed] });
    expect(actions).toMatchObject([
      { kind: 'Patch', name: 'telco-mlflow-2', patch: { spec: { ttlSecondsAfterFinished: 600 } } },
    ]);
    expect(seen({ ...during, jobs: [done, { ...failed, hasTtl: true }] })).toEqual([]);
    expect(seen(during)).toEqual(['Create telco-mlflow-2']);
  });

  it('is tried at once when there is something new, and is told what it missed', () => {
    const next = given([serving(1), serving(2, '2026-03-01T11:50:00.000Z')], [done, { ...failed, hasTtl: true }]);
    const object = created(registration(next));
    expect(object.metadata.name).toBe('telco-mlflow-3');
    expect(told(object)).toMatchObject({ versions: [{ revision: 'telco-2' }], champion: { sha256: sha256(2) } });
  });
});

describe('condition Registered', () => {
  const first = given([serving(1)]);
  const status = (world: World) => {
    const { status: value, reason, message } = registered(world) ?? {};
    return [value, reason, message];
  };

  it('is True when MLflow has all, and says which revision has which alias', () => {
    const both = given([serving(1), rolledOut(2)]);
    expect(status({ ...both, jobs: [ended(both, 'Complete')] })).toEqual([
      'True',
      'UpToDate',
      'MLflow at mlflow.mlops.svc:5000 has all trained models; telco-1 is champion, telco-2 is challenger.',
    ]);
  });

  it('is Unknown while it is told', () => {
    expect(status(first)).toEqual(['Unknown', 'Registering', 'MLflow at mlflow.mlops.svc:5000 is told what is new.']);
  });

  it('is False when a Job failed, quotes its last line, and stays so while it is tried again', () => {
    const failed = ended(first, 'Failed');
    const said = { reason: 'Error', message: '{"level":30}\nMLflow at x could not be reached (EX).\n', exitCode: 3 };
    const away = { ...first, jobs: [failed], pods: [pod({ job: failed.name, problem: said })] };
    const verdict = status(away);
    expect(verdict).toEqual([
      'False',
      'RegistrationFailed',
      'Job telco-mlflow-1 could not tell MLflow at mlflow.mlops.svc:5000: MLflow at x could not be reached (EX). It is tried again after ten minutes.',
    ]);
    const recorded: Condition = {
      type: 'Registered',
      status: 'False',
      reason: 'RegistrationFailed',
      message: 'Away.',
      observedGeneration: 1,
      lastTransitionTime: '2026-03-01T12:00:00.000Z',
    };
    const told = { ...first.model, status: { observedGeneration: 1, conditions: [recorded] } };
    expect(status({ ...first, model: told })).toEqual(['False', 'RegistrationFailed', 'Away.']);
    expect(status({ ...first, model: told, jobs: [ended(first, 'Complete')] })[0]).toBe('True');
  });
});

describe('a Job', () => {
  it('without a record that can be read is no registration that was done', () => {
    const foreign = { ...job({ name: 'telco-mlflow-4', state: 'Complete' }), registration: undefined };
    expect(seen(given([serving(1)], [foreign]))).toEqual(['Create telco-mlflow-5']);
  });
});
