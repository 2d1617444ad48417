import { labels } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../harness/cluster-access.js';
import { at, conditionsOf, type KubeObject, textAt } from '../harness/kube-object.js';
import { lakeModel, openLake } from '../harness/lake.js';
import { isReady } from '../harness/ready-model.js';
import { isReadyPod } from '../harness/ready-pods.js';
import { currentCluster, Playground } from '../harness/real-cluster.js';
import { repositoryRoot } from '../harness/repository-root.js';
import { until } from '../harness/until.js';

const data = join(repositoryRoot(), 'e2e', 'samples', 'data', 'telco.csv');
const POD_IS_MISSED = 429;

let cluster: Cluster;
let playground: Playground;

beforeAll(async () => {
  cluster = await currentCluster();
  playground = await Playground.open(cluster, 'eviction');
  await openLake(playground, { 'telco.csv': await readFile(data) });
});

afterAll(async () => {
  await playground.leave();
  await cluster.close();
});

async function podsOf(revision: string): Promise<KubeObject[]> {
  const pods = await playground.list('Pod');
  return pods.filter(({ metadata }) => metadata.labels?.[labels.revision] === revision);
}

/** Asks for an eviction as `kubectl drain` does; returns the HTTP status. */
async function evict(pod: string | undefined): Promise<number> {
  if (pod === undefined) throw new Error('There is no pod to evict');
  const path = `${playground.path('Pod', pod)}/eviction`;
  const eviction = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: pod, namespace: playground.namespace },
  };
  return (await cluster.raw('POST', path, eviction, {})).status;
}

async function untilWhole(): Promise<string[]> {
  return until(
    'the current revision has both pods, and one may go',
    async () => {
      const ready = (await podsOf('telco-1')).filter(isReadyPod);
      const budgets = await playground.list('PodDisruptionBudget');
      const allowed = budgets.map((budget) => at(budget, 'status', 'disruptionsAllowed'));
      return ready.length === 2 && allowed.includes(1) && ready.map(({ metadata }) => metadata.name);
    },
    () => playground.list('PodDisruptionBudget'),
  );
}

function restartsOf(pod: KubeObject): number {
  return Number(at(pod, 'status', 'containerStatuses', 0, 'restartCount') ?? 0);
}

describe('a drain of the node, while a new revision crashes again and again', () => {
  it('has such a revision beside a healthy one', async () => {
    await playground.create('ChurnModel', lakeModel('telco', 'telco.csv', { entityKey: 'customer_id' }));
    await until(
      'the model is Ready',
      async () => isReady(await playground.get('ChurnModel', 'telco'), 'telco-1'),
      () => playground.find('ChurnModel', 'telco'),
    );
    // A trainer knows nothing of serving: it ends at once, and again after each restart.
    const deployment = await playground.get('Deployment', 'telco-1');
    const image = textAt(deployment, 'spec', 'template', 'spec', 'containers', 0, 'image').replace(
      'serving',
      'trainer',
    );
    await cluster.patch(playground.path('ChurnModel', 'telco'), { spec: { serving: { image } } });
    await until(
      'pods of the second revision crash again',
      async () => (await podsOf('telco-2')).some((pod) => restartsOf(pod) > 0),
      () => podsOf('telco-2'),
    );
  });

  it('gets the healthy pods one after the other', async () => {
    const [first, second] = await untilWhole();
    expect(await evict(first)).toBe(201);
    expect(await evict(second)).toBe(POD_IS_MISSED);
    const names = await untilWhole();
    expect(names).not.toContain(first);
    expect(names).toContain(second);
    expect(await evict(second)).toBe(201);
  });

  it('gets the crashing pods at any time', async () => {
    const names = (await podsOf('telco-2')).map(({ metadata }) => metadata.name);
    expect(names.length).toBeGreaterThan(0);
    expect(await Promise.all(names.map(evict))).toEqual(names.map(() => 201));
  });

  it('leaves the model available', async () => {
    await untilWhole();
    const model = await playground.get('ChurnModel', 'telco');
    expect(at(model, 'status', 'current', 'revision')).toBe('telco-1');
    expect(conditionsOf(model)['Available']?.status).toBe('True');
  });
});
