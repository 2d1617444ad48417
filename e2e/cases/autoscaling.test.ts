import { API_VERSION } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../harness/cluster-access.js';
import { at, type KubeObject } from '../harness/kube-object.js';
import { lakeModel, openLake } from '../harness/lake.js';
import { isReady } from '../harness/ready-model.js';
import { ReadyPodsWatch } from '../harness/ready-pods.js';
import { currentCluster, Playground } from '../harness/real-cluster.js';
import { repositoryRoot } from '../harness/repository-root.js';
import { constantRate, sampleCustomer } from '../harness/service-calls.js';
import { until } from '../harness/until.js';

const data = join(repositoryRoot(), 'e2e', 'samples', 'data', 'telco.csv');
const MIN = 2;
const MAX = 3;

let cluster: Cluster;
let playground: Playground;
let watch: ReadyPodsWatch | undefined;

beforeAll(async () => {
  cluster = await currentCluster();
  playground = await Playground.open(cluster, 'autoscaling');
  await openLake(playground, { 'telco.csv': await readFile(data) });
});

afterAll(async () => {
  await watch?.stop();
  await playground.leave();
  await cluster.close();
});

/** Few millicores, so that a one-node cluster holds two revisions at full size beside the load. */
function scaledModel() {
  const { spec, ...rest } = lakeModel('telco', 'telco.csv', { entityKey: 'customer_id' });
  const resources = { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '512Mi' } };
  // No pod uses ten times what it asks for: this autoscaler stays at its minimum.
  const autoscaling = { minReplicas: MIN, maxReplicas: MAX, targetCpuUtilizationPercent: 1000 };
  return { ...rest, spec: { ...spec, serving: { resources }, autoscaling } };
}

async function change(spec: object): Promise<void> {
  await cluster.patch(playground.path('ChurnModel', 'telco'), { spec });
}

async function untilReady(revision: string): Promise<void> {
  await until(
    `${revision} serves`,
    async () => isReady(await playground.get('ChurnModel', 'telco'), revision),
    () => playground.find('ChurnModel', 'telco'),
  );
}

async function untilAutoscaler(sentence: string, judge: (hpa: KubeObject) => boolean): Promise<void> {
  await until(
    `the HPA ${sentence}`,
    async () => judge(await playground.get('HorizontalPodAutoscaler', 'telco')),
    () => playground.find('HorizontalPodAutoscaler', 'telco'),
  );
}

function targetOf(hpa: KubeObject): unknown {
  return at(hpa, 'spec', 'scaleTargetRef', 'name');
}

function cpuOf(hpa: KubeObject): unknown {
  return at(hpa, 'status', 'currentMetrics', 0, 'resource', 'current', 'averageUtilization');
}

async function untilReplicas(deployment: string, replicas: number): Promise<void> {
  await until(
    `${deployment} has ${String(replicas)} ready pods and asks for no more`,
    async () => {
      const found = await playground.get('Deployment', deployment);
      return at(found, 'spec', 'replicas') === replicas && at(found, 'status', 'readyReplicas') === replicas;
    },
    () => playground.find('Deployment', deployment),
  );
}

describe('a model with a HorizontalPodAutoscaler', () => {
  it('has one with real figures', async () => {
    await playground.create('ChurnModel', scaledModel());
    await untilReady('telco-1');
    watch = new ReadyPodsWatch(playground, 'telco');
    await untilAutoscaler('shows how much CPU the pods use', (hpa) => typeof cpuOf(hpa) === 'number');
    const hpa = await playground.get('HorizontalPodAutoscaler', 'telco');
    expect(at(hpa, 'spec')).toMatchObject({
      minReplicas: MIN,
      maxReplicas: MAX,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'telco-1' },
    });
    expect(await playground.kubectl('top', 'pods')).toContain('telco-1-');
  });

  it('that has not scaled yet hands over without falling below its minimum', async () => {
    expect(at(await playground.get('HorizontalPodAutoscaler', 'telco'), 'status', 'lastScaleTime')).toBeUndefined();
    await change({ serving: { requestTimeoutSeconds: 29 } });
    await untilReady('telco-2');
    await untilAutoscaler('looks at the second revision', (hpa) => targetOf(hpa) === 'telco-2');
    await untilAutoscaler('shows its figures', (hpa) => typeof cpuOf(hpa) === 'number');
    expect(watch?.lowest.ready).toBeGreaterThanOrEqual(MIN);
  });

  it('that has scaled up hands over at full size', async () => {
    await change({ autoscaling: { targetCpuUtilizationPercent: 5 } });
    const load = await constantRate(playground, { path: '/predict', rows: [await sampleCustomer()], rate: 20 });
    await untilReplicas('telco-2', MAX);

    await change({ serving: { requestTimeoutSeconds: 28 } });
    await untilReady('telco-3');
    await untilAutoscaler('looks at the third revision', (hpa) => targetOf(hpa) === 'telco-3');
    await untilAutoscaler(
      'shows its figures',
      (hpa) => at(hpa, 'status', 'currentReplicas') === MAX && typeof cpuOf(hpa) === 'number',
    );
    await untilReplicas('telco-3', MAX);
    expect(watch?.lowest.ready).toBeGreaterThanOrEqual(MIN);
    expect(await load.end()).toMatchObject({ failed: 0, failures: {} });
  });
});

describe('kubectl scale churnmodel', () => {
  it('sets the pods of a model whose policy is None', async () => {
    await watch?.stop();
    await change({ autoscaling: { policy: 'None' } });
    await until(
      'there is no HPA',
      async () => (await playground.find('HorizontalPodAutoscaler', 'telco')) === undefined,
    );
    await playground.kubectl('scale', 'churnmodel/telco', '--replicas=1');
    await untilReplicas('telco-3', 1);
  });

  it("is what an autoscaler of the user's does to one whose policy is External", async () => {
    await change({ autoscaling: { policy: 'External' } });
    await playground.create('HorizontalPodAutoscaler', {
      metadata: { name: 'theirs' },
      spec: {
        scaleTargetRef: { apiVersion: API_VERSION, kind: 'ChurnModel', name: 'telco' },
        minReplicas: 2,
        maxReplicas: 2,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
        ],
      },
    });
    await untilReplicas('telco-3', 2);
    const model = await playground.get('ChurnModel', 'telco');
    expect(at(model, 'spec', 'autoscaling', 'replicas')).toBe(2);
    expect(await playground.find('HorizontalPodAutoscaler', 'telco')).toBeUndefined();
  });
});
