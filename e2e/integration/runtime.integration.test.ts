import {
  ApiError,
  Applier,
  type ClusterClient,
  createClusterClient,
  type DesiredObject,
  EventRecorder,
  eventKind,
  loadKubeConfig,
  Reflector,
  type ResourceKind,
  runAsLeader,
  runController,
} from '@churnops/operator';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ControlPlane, startControlPlane } from '../harness/control-plane.js';
import { TcpProxy } from '../faults/tcp-proxy.js';
import { LeaderRecord } from '../harness/leader-record.js';
import { until } from '../harness/until.js';

const configMaps: ResourceKind = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const namespaces: ResourceKind = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };
const deployments: ResourceKind = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
};

let plane: ControlPlane;
let cluster: ClusterClient;

beforeAll(async () => {
  plane = await startControlPlane({ controllerManager: false });
  cluster = await createClusterClient(loadKubeConfig(plane.kubeconfig));
});

afterAll(async () => {
  await cluster.close();
  await plane.stop();
});

async function namespace(name: string): Promise<string> {
  await cluster.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return name;
}

function configMap(space: string, name: string, value = '1'): DesiredObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: space, name, labels: { team: 'a' } },
    data: { value },
  };
}

function deployment(space: string, cpu: string): DesiredObject {
  const container = { name: 'web', image: 'web:1', resources: { requests: { cpu } }, ports: [{ containerPort: 80 }] };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: space, name: 'web' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } },
    },
  };
}

/** Follows the ConfigMaps of a namespace through a proxy, while `story` runs. */
async function following(
  space: string,
  story: (reflector: Reflector, proxy: TcpProxy, errors: unknown[]) => Promise<void>,
): Promise<void> {
  const proxy = await TcpProxy.start(plane.port);
  const proxied = await createClusterClient(loadKubeConfig(await plane.kubeconfigFor(proxy.url)));
  const errors: unknown[] = [];
  const reflector = new Reflector({
    cluster: proxied,
    kind: configMaps,
    namespaces: [space],
    labelSelector: 'team=a',
    backoff: { firstMs: 100, capMs: 500 },
    silenceSeconds: 3,
    onError: (error) => errors.push(error),
  });
  const stop = new AbortController();
  const running = reflector.run(stop.signal);
  try {
    await reflector.synced;
    await story(reflector, proxy, errors);
  } finally {
    stop.abort();
    await running;
    await proxied.close();
    await proxy.stop();
  }
}

async function untilNames(reflector: Reflector, names: readonly string[]): Promise<void> {
  const seen = () =>
    reflector.store
      .list()
      .map(({ metadata }) => metadata.name)
      .sort();
  await until(
    `the store holds ${names.join(', ')}`,
    () => Promise.resolve(seen().join() === names.join()),
    () => Promise.resolve(seen()),
  );
}

describe('the cluster client', () => {
  it('uses at most two connections for a thousand calls', async () => {
    const space = await namespace('calls');
    const proxy = await TcpProxy.start(plane.port);
    const proxied = await createClusterClient(loadKubeConfig(await plane.kubeconfigFor(proxy.url)));
    await proxied.create(configMaps, configMap(space, 'one'));
    await Promise.all(Array.from({ length: 999 }, () => proxied.get(configMaps, { namespace: space, name: 'one' })));
    expect(proxy.accepted).toBeLessThanOrEqual(2);
    await proxied.close();
    await proxy.stop();
  });

  it('names what the API server refuses', async () => {
    const space = await namespace('refused');
    await cluster.create(configMaps, configMap(space, 'one'));
    const again = cluster.create(configMaps, configMap(space, 'one'));
    await expect(again).rejects.toMatchObject({ name: 'ApiError', code: 409, reason: 'AlreadyExists' });
    expect(await cluster.get(configMaps, { namespace: space, name: 'none' })).toBeUndefined();
    const wrongUid = { propagationPolicy: 'Background', uid: '00000000-0000-0000-0000-000000000000' } as const;
    const key = { namespace: space, name: 'one' };
    await expect(cluster.delete(configMaps, key, wrongUid)).rejects.toBeInstanceOf(ApiError);
    expect(await cluster.delete(configMaps, key, { propagationPolicy: 'Background' })).toBe(true);
    expect(await cluster.delete(configMaps, key, { propagationPolicy: 'Background' })).toBe(false);
  });

  it('reads lists page by page, and metadata without the content', async () => {
    const space = await namespace('pages');
    for (const name of ['a', 'b', 'c', 'd', 'e']) await cluster.create(configMaps, configMap(space, name));
    const list = await cluster.list(configMaps, {
      namespace: space,
      pageSize: 2,
      labelSelector: 'team=a',
      metadataOnly: true,
    });
    expect(list.items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(list.items.map((item) => item['data'])).toEqual(Array(5).fill(undefined));
    expect(await cluster.getMetadata(configMaps, { namespace: space, name: 'a' })).not.toHaveProperty('data');
  });

  it('scales through the subresource, and lets go of a call that hangs', async () => {
    const space = await namespace('scale');
    await cluster.create(deployments, deployment(space, '1'));
    const key = { namespace: space, name: 'web' };
    expect((await cluster.setScale(deployments, key, 4)).replicas).toBe(4);
    expect((await cluster.getScale(deployments, key))?.replicas).toBe(4);
    const proxy = await TcpProxy.start(plane.port);
    const proxied = await createClusterClient(loadKubeConfig(await plane.kubeconfigFor(proxy.url)));
    await proxied.get(deployments, key);
    proxy.silence();
    await expect(proxied.get(deployments, key, { timeoutSeconds: 1 })).rejects.toMatchObject({
      name: 'ApiUnreachable',
    });
    proxy.heal();
    await until('a call gets through again', async () => (await proxied.get(deployments, key)) !== undefined);
    await proxied.close();
    await proxy.stop();
  });
});

describe('a reflector', () => {
  it('follows what happens, and goes on after cut and half-open connections', async () => {
    const space = await namespace('follow');
    await cluster.create(configMaps, configMap(space, 'a'));
    await following(space, async (reflector, proxy) => {
      await untilNames(reflector, ['a']);
      proxy.cut();
      await cluster.create(configMaps, configMap(space, 'b'));
      await untilNames(reflector, ['a', 'b']);
      proxy.silence();
      await cluster.delete(configMaps, { namespace: space, name: 'a' }, { propagationPolicy: 'Background' });
      proxy.heal();
      await untilNames(reflector, ['b']);
      expect(() => Object.assign(reflector.store.list()[0]!.metadata, { name: 'other' })).toThrow(TypeError);
    });
  });

  it('lists again when the API server has forgotten its version (410), and drops what was deleted meanwhile', async () => {
    const space = await namespace('expired');
    await cluster.create(configMaps, configMap(space, 'a'));
    await following(space, async (reflector, proxy) => {
      proxy.refuse();
      await cluster.delete(configMaps, { namespace: space, name: 'a' }, { propagationPolicy: 'Background' });
      await cluster.create(configMaps, configMap(space, 'b'));
      await plane.restartApiServer();
      proxy.heal();
      await untilNames(reflector, ['b']);
      await cluster.create(configMaps, configMap(space, 'c'));
      await untilNames(reflector, ['b', 'c']);
    });
  });
});

function newApplier(): Applier {
  return new Applier(cluster, { fieldManager: 'runtime-test', hashAnnotationOf: () => 'example.com/applied-hash' });
}

describe('an apply', () => {
  it('is not sent twice, although the API server writes values in its own way', async () => {
    const space = await namespace('apply');
    const applier = newApplier();
    const key = { namespace: space, name: 'web' };
    const first = await applier.apply(deployments, deployment(space, '0.01'), undefined);
    expect(first.outcome).toBe('created');
    const second = await applier.apply(deployments, deployment(space, '0.01'), await cluster.get(deployments, key));
    expect(second.outcome).toBe('notSent');
    // A new process remembers nothing: one apply, which changes nothing.
    const restarted = await newApplier().apply(deployments, deployment(space, '0.01'), second.object);
    expect(restarted.outcome).toBe('unchanged');
    expect(restarted.object.metadata.resourceVersion).toBe(first.object.metadata.resourceVersion);
  });

  it('is not sent by a new process when the object is the wish to the letter, and was applied from it', async () => {
    const space = await namespace('restart');
    const key = { namespace: space, name: 'plain' };
    const withMore = { ...configMap(space, 'plain'), data: { value: 'plain', more: 'of it' } };
    await newApplier().apply(configMaps, withMore, undefined);
    const live = await cluster.get(configMaps, key);
    expect((await newApplier().apply(configMaps, withMore, live)).outcome).toBe('notSent');
    // All that is wished is there, but a field too many is ours as well.
    const { object, outcome } = await newApplier().apply(configMaps, configMap(space, 'plain', 'plain'), live);
    expect(outcome).toBe('changed');
    expect(object['data']).toEqual({ value: 'plain' });
    const edited = await cluster.mergePatch(configMaps, key, { data: { value: 'by hand' } });
    expect((await newApplier().apply(configMaps, configMap(space, 'plain', 'plain'), edited)).outcome).toBe('changed');
  });

  it('is sent for a changed wish and for an edit by hand, and leaves the replicas of others alone', async () => {
    const space = await namespace('drift');
    const applier = newApplier();
    const key = { namespace: space, name: 'web' };
    await applier.apply(deployments, deployment(space, '1'), undefined);
    await cluster.setScale(deployments, key, 3);
    expect(
      (await applier.apply(deployments, deployment(space, '1'), await cluster.get(deployments, key))).outcome,
    ).toBe('notSent');
    await cluster.mergePatch(deployments, key, {
      spec: { template: { metadata: { labels: { app: 'web', extra: 'x' } } } },
    });
    expect(
      (await applier.apply(deployments, deployment(space, '1'), await cluster.get(deployments, key))).outcome,
    ).toBe('notSent');
    const other = {
      name: 'web',
      image: 'web:2',
      resources: { requests: { cpu: '1' } },
      ports: [{ containerPort: 80 }],
    };
    await cluster.mergePatch(deployments, key, { spec: { template: { spec: { containers: [other] } } } });
    const repaired = await applier.apply(deployments, deployment(space, '1'), await cluster.get(deployments, key));
    expect(repaired.outcome).toBe('changed');
    expect(JSON.stringify(repaired.object['spec'])).toContain('web:1');
    expect((await cluster.getScale(deployments, key))?.replicas).toBe(3);
    expect((await applier.apply(deployments, deployment(space, '2'), repaired.object)).outcome).toBe('changed');
  });

  it('that names the version it was made for is refused when another one wrote since', async () => {
    const space = await namespace('late');
    const key = { namespace: space, name: 'plain' };
    const applier = new Applier(cluster, { fieldManager: 'runtime-test', namesVersion: () => true });
    const { object } = await applier.apply(configMaps, configMap(space, 'plain', 'first'), undefined);
    const edited = await cluster.mergePatch(configMaps, key, { data: { value: 'by hand' } });
    const late = applier.apply(configMaps, configMap(space, 'plain', 'late'), object);
    await expect(late).rejects.toMatchObject({ reason: 'Conflict' });
    expect((await applier.apply(configMaps, configMap(space, 'plain', 'next'), edited)).outcome).toBe('changed');
  });

  it('never takes an object of someone else', async () => {
    const space = await namespace('foreign');
    await cluster.create(configMaps, configMap(space, 'shared', 'theirs'));
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: 'a-uid', controller: true };
    const wish = configMap(space, 'shared', 'ours');
    const ours = { ...wish, metadata: { ...wish.metadata, ownerReferences: [owner] } };
    const applying = newApplier().apply(configMaps, ours, undefined);
    await expect(applying).rejects.toMatchObject({ name: 'NameConflict', objectName: 'shared' });
    expect((await cluster.get(configMaps, { namespace: space, name: 'shared' }))?.['data']).toEqual({
      value: 'theirs',
    });
  });
});

describe('a leader', () => {
  const times = { durationSeconds: 15, renewDeadlineSeconds: 10, retrySeconds: 1 };

  it('hands over at once when it stops, and the next takes over when it is cut off', async () => {
    const key = { namespace: await namespace('leader'), name: 'operator' };
    const proxy = await TcpProxy.start(plane.port);
    const proxied = await createClusterClient(loadKubeConfig(await plane.kubeconfigFor(proxy.url)));
    const record = new LeaderRecord();
    const contend = (identity: string, client: ClusterClient) => {
      const stop = new AbortController();
      const lead = (signal: AbortSignal) => record.lead(identity, signal);
      return { stop, ended: runAsLeader({ cluster: client, key, identity, lead, times }, stop.signal) };
    };
    const first = contend('first', proxied);
    await until('the first leads', () => Promise.resolve(record.leading.has('first')));
    const second = contend('second', cluster);
    proxy.refuse();
    expect(await first.ended).toBe('lost');
    await until('the second leads', () => Promise.resolve(record.leading.has('second')));
    const third = contend('third', cluster);
    second.stop.abort();
    expect(await second.ended).toBe('released');
    await until('the third leads', () => Promise.resolve(record.leading.has('third')));
    third.stop.abort();
    expect(await third.ended).toBe('released');
    expect(record.together).toEqual([]);
    await proxied.close();
    await proxy.stop();
  });
});

describe('a controller', () => {
  it('brings every key to its reconcile until it succeeds', async () => {
    const space = await namespace('controller');
    for (const name of ['a', 'b', 'c']) await cluster.create(configMaps, configMap(space, name));
    await following(space, async (reflector) => {
      const tries = new Map<string, number>();
      const done = new Set<string>();
      const stop = new AbortController();
      const running = runController(
        {
          sources: [
            {
              reflector,
              keysOf: ({ now }) => (now === undefined ? [] : [{ namespace: space, name: now.metadata.name }]),
            },
          ],
          concurrency: 2,
          reconcile: ({ name }) => {
            const count = (tries.get(name) ?? 0) + 1;
            tries.set(name, count);
            if (count < 3) return Promise.reject(new Error('not yet'));
            done.add(name);
            return Promise.resolve({});
          },
        },
        stop.signal,
      );
      await cluster.create(configMaps, configMap(space, 'd'));
      await until('all four are done', () => Promise.resolve([...done].sort().join() === 'a,b,c,d'));
      stop.abort();
      await running;
    });
  });
});

describe('an event recorder', () => {
  it('makes one event of equal notes, and survives what it cannot write', async () => {
    const space = await namespace('events');
    const regarding = await cluster.create(configMaps, configMap(space, 'a'));
    const errors: unknown[] = [];
    const recorder = new EventRecorder({
      cluster,
      controller: 'churnops.dev/test',
      instance: 'one',
      onError: (error) => errors.push(error),
    });
    const note = {
      regarding,
      type: 'Normal',
      reason: 'Trained',
      action: 'Train',
      note: 'A model was trained',
    } as const;
    for (let count = 0; count < 3; count += 1) recorder.record(note);
    await recorder.flush();
    const { items } = await cluster.list(eventKind, { namespace: space });
    expect(items).toMatchObject([{ reason: 'Trained', regarding: { name: 'a' }, series: { count: 3 } }]);
    expect(errors).toEqual([]);
    const nowhere = { ...regarding, metadata: { ...regarding.metadata, namespace: 'nowhere' } };
    recorder.record({ ...note, regarding: nowhere });
    await recorder.flush();
    expect(errors).toHaveLength(1);
  });
});
