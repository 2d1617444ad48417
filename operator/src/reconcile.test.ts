import { annotations } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { createCaches } from './caches.js';
import { good, model, promoted, revision, training, UID } from './fixtures/world-builder.js';
import { childLabels } from './desired/ownership.js';
import { trainingJob } from './desired/training-job.js';
import { trainingAccess } from './desired/training-access.js';
import { servingDeployment } from './desired/serving-deployment.js';
import { PlayedApiServer } from './fixtures/played-api-server.js';
import { LookTimes } from './look-times.js';
import { reconcile } from './reconcile.js';
import { ApiError, Applier, systemClock } from './runtime/index.js';
import type { DesiredObject, KubeObject } from './runtime/index.js';

const open = { serving: { access: { authentication: 'None' } } };
const telco = model(open);
const key = telco.key;

/** The lists that the caches got once; whatever `later` does afterwards they have not seen yet. */
async function operate(seen: readonly DesiredObject[], later: (server: PlayedApiServer) => void = () => undefined) {
  const server = new PlayedApiServer();
  for (const object of seen) server.put(object);
  const fail = (_: unknown, error: unknown) => {
    throw new Error('A watch broke', { cause: error });
  };
  const caches = createCaches({ cluster: server, namespaces: [], clock: systemClock, onError: fail });
  const stop = new AbortController();
  const running = Object.values(caches).map((reflector) => reflector.run(stop.signal));
  await Promise.all(Object.values(caches).map((reflector) => reflector.synced));
  stop.abort();
  await Promise.all(running);
  later(server);
  const told: string[] = [];
  const reconciler = {
    cluster: server,
    caches,
    clock: systemClock,
    release: {
      trainerImage: 'trainer',
      servingImage: 'serving',
      operatorNamespace: 'churnops-system',
      scrapeNamespaces: [],
    },
    applier: new Applier(server, { fieldManager: 'tests', hashAnnotationOf: () => annotations.appliedHash }),
    readPage: () => Promise.reject(new Error('there is no pod')),
    looks: new LookTimes(systemClock),
    show: () => undefined,
    countEnd: () => undefined,
    tell: (_: KubeObject, { reason }: { reason: string }) => told.push(reason),
  };
  const result = await reconcile(reconciler, key).catch((error: unknown) => error);
  const seenModel = await server.get({ ...telco.object, plural: 'churnmodels', namespaced: true }, key);
  return { writes: server.writes, told, result, status: JSON.stringify(seenModel?.['status']) };
}

function modelObject(status?: object, metadata: object = {}): DesiredObject {
  const { object } = telco;
  return { ...object, metadata: { ...object.metadata, ...metadata }, ...(status === undefined ? {} : { status }) };
}

const first = revision(telco, 1, training);
const stored = ({ object }: { object: KubeObject }, status?: object): DesiredObject => ({
  ...object,
  metadata: {
    ...object.metadata,
    labels: childLabels('telco', 'serving', object.metadata.name),
    ownerReferences: owners(UID),
  },
  ...(status === undefined ? {} : { status: { observedGeneration: 1, ...status } }),
});
const owners = (uid: string) => [
  { apiVersion: telco.object.apiVersion, kind: 'ChurnModel', name: 'telco', uid, controller: true },
];
const child = (object: DesiredObject, metadata: object): DesiredObject => ({
  ...object,
  metadata: { ...object.metadata, ...metadata },
});
const job = trainingJob(telco, first, 1);
const counted = { observedGeneration: 1, lastRevisionNumber: 1, conditions: [] };

describe('reconcile with a cache that is late', () => {
  it('makes no second revision when the last leader made one', async () => {
    const { writes } = await operate([modelObject(counted)], (server) => server.put(stored(first)));
    expect(writes).not.toContain('create ChurnModelRevision telco-2');
    expect(writes).toContain('create Job telco-1-train');
  });

  it('makes no second revision when its own is not there yet', async () => {
    const { writes } = await operate([modelObject()], (server) => server.put(stored(first)));
    expect(writes.filter((write) => write.includes('Revision'))).toEqual([]);
  });

  it('makes no second Job when its own is not there yet', async () => {
    const { writes } = await operate([modelObject(), stored(first)], (server) => server.put(job));
    expect(writes).not.toContain('create Job telco-1-train');
  });

  it('does not train again when a result was recorded and its Job is gone', async () => {
    const { writes } = await operate([modelObject(), stored(first)], (server) => server.put(stored(first, good())));
    expect(writes.filter((write) => write.includes('Job'))).toEqual([]);
  });

  it('counts no attempt twice', async () => {
    const fresh = stored(revision(telco));
    const { writes, result, told } = await operate([modelObject(), fresh], (server) => server.put(stored(first)));
    expect(result).toMatchObject({ reason: 'Conflict' });
    expect([writes.filter((write) => /Revision|Job/.test(write)), told]).toEqual([[], []]);
  });
});

describe('what a pod is told of a rollout', () => {
  const times = { startTime: '2026-03-01T11:00:00Z', stepStartTime: '2026-03-01T11:00:00Z' };
  const rollout = { sequence: 7, attempt: 1, stage: 'Complete', step: 1, percent: 100, sizePercent: 100, ...times };
  const serving = stored(first, { ...promoted(), rollout });
  const pod = (annotation: string): DesiredObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...{ name: 'telco-1-a', namespace: key.namespace, creationTimestamp: '2026-03-01T11:00:00Z' },
      ...{ uid: 'pod', labels: childLabels('telco', 'serving', 'telco-1'), annotations: { [annotation]: 'yes' } },
      ownerReferences: [],
    },
  });

  it('is written to a pod that is as it was seen', async () => {
    const { writes } = await operate([modelObject(counted), serving, pod('seen')]);
    expect(writes).toContain('patch Pod telco-1-a');
  });

  it('is left for the next look where the pod has changed since, and holds up nothing', async () => {
    const { writes, result } = await operate([modelObject(counted), serving, pod('seen')], (server) => {
      server.put(pod('changed'));
    });
    expect(writes).not.toContain('patch Pod telco-1-a');
    expect(writes).toContain('apply NetworkPolicy telco');
    expect(result).not.toBeInstanceOf(Error);
  });
});

describe('reconcile', () => {
  it('makes nothing for a model that is being deleted', async () => {
    const { writes } = await operate([modelObject(undefined, { deletionTimestamp: '2026-03-01T12:00:00Z' })]);
    expect(writes).toEqual([]);
  });

  it('waits for what a model of the same name left, without being Stalled', async () => {
    const old = child(stored(first), { ownerReferences: owners('another') });
    const { result, status } = await operate([modelObject(), old]);
    expect(result).toEqual({ requeueAfterSeconds: 2 });
    expect(status).toContain('this goes on by itself');
    expect(status).not.toContain('Stalled');
  });

  it('is Stalled by what belongs to someone else, until that is gone', async () => {
    const foreign = child(stored(first), { ownerReferences: [] });
    const { result, status } = await operate([modelObject(), foreign]);
    expect(result).toEqual({ requeueAfterSeconds: 60 });
    expect(status).toContain('NameConflict');
  });

  it('is quiet in a namespace that is being deleted', async () => {
    const details = { code: 403, reason: 'Forbidden', causes: ['NamespaceTerminating'] };
    const { result, status } = await operate([modelObject()], (server) => {
      server.createError = new ApiError('it is being terminated', details);
    });
    expect(result).toEqual({ requeueAfterSeconds: 60 });
    expect(status).not.toContain('lastFailure');
  });

  it('is Stalled by a quota, and tries again by itself', async () => {
    const { result, status, told } = await operate([modelObject()], (server) => {
      server.createError = new ApiError('exceeded quota: small', { code: 403, reason: 'Forbidden' });
    });
    expect(result).toEqual({ requeueAfterSeconds: 30 });
    expect(status).toContain('exceeded quota: small');
    expect(status).toContain('Stalled');
    expect(told).toEqual(['QuotaExceeded']);
  });

  it('tells of a right that it lacks, and leaves the next try to the backoff', async () => {
    const { result, status } = await operate([modelObject()], (server) => {
      server.createError = new ApiError('cannot create resource', { code: 403, reason: 'Forbidden' });
    });
    expect(result).toMatchObject({ failure: { reason: 'Forbidden' } });
    expect(status).toContain('cannot create resource');
    expect(status).not.toContain('Stalled');
  });

  it('is Stalled by an autoscaler that the API server finds invalid, and goes on with everything else', async () => {
    const changed = model({ ...open, training: { seed: 7 } });
    const object = { ...modelObject(), spec: changed.spec };
    const { result, status, writes } = await operate([object, stored(first, promoted())], (server) => {
      server.applyError = (kind) =>
        kind === 'HorizontalPodAutoscaler'
          ? new ApiError('spec.metrics[0]: Required value', { code: 422, reason: 'Invalid' })
          : undefined;
    });
    expect(result).toEqual({ requeueAfterSeconds: 60 });
    expect(status).toContain('InvalidSpec');
    expect(status).toContain('spec.metrics[0]: Required value');
    expect(writes).toContain('apply PodDisruptionBudget telco');
    expect(writes).toContain('create ChurnModelRevision telco-2');
  });

  it('names a revision that it cannot read although its cache does not have it yet', async () => {
    const second = revision(telco, 2, training);
    const { status, told } = await operate(
      [modelObject({ ...counted, lastRevisionNumber: 2 }), stored(revision(model({ training: { seed: 7 } }), 1))],
      (server) => server.put({ ...stored(second), spec: { ...second.spec, number: 'two' } }),
    );
    expect(status).toContain('spec of ChurnModelRevision telco-2');
    expect(told).toEqual(['InvalidSpec']);
  });

  it('goes on with what is to serve when it may not clean up, and tells of it', async () => {
    const changed = model({ ...open, training: { seed: 7 } });
    const { status, writes } = await operate(
      [{ ...modelObject(), spec: changed.spec }, stored(first, promoted()), ...trainingAccess(telco, first)],
      (server) => {
        server.deleteError = (kind) =>
          kind === 'Role' ? new ApiError('a webhook said no', { code: 403, reason: 'Forbidden' }) : undefined;
      },
    );
    expect(status).toContain('a webhook said no');
    expect(writes).toContain('create ChurnModelRevision telco-2');
  });

  it('gives a child its labels back', async () => {
    const artifact = { configMap: 'telco-1-artifact-01234567', sha256: 'a'.repeat(64) };
    const bare = child(servingDeployment(telco, first, artifact), { labels: {} });
    const configMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: artifact.configMap, namespace: key.namespace },
    };
    const owned = child(configMap, { ownerReferences: owners(UID) });
    const { writes } = await operate([modelObject(), stored(first, promoted()), owned], (server) => server.put(bare));
    expect(writes).toContain('patch Deployment telco-1');
  });

  it('names a revision that it cannot read, and leaves what serves alone', async () => {
    const broken = stored(first, promoted());
    const spec = { ...first.spec, podTemplate: '{' };
    const deployment = child(
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'telco-1' } },
      {
        namespace: key.namespace,
        ownerReferences: owners(UID),
      },
    );
    const { writes, status, told } = await operate([
      modelObject(),
      { ...broken, spec },
      { ...deployment, spec: { replicas: 2 } },
    ]);
    expect(writes).toEqual(['update the status of ChurnModel telco']);
    expect(status).toContain('spec.podTemplate of ChurnModelRevision telco-1');
    expect(told).toEqual(['InvalidSpec']);
  });
});
