import { ARTIFACT_EXIT_CODE, labels } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../harness/cluster-access.js';
import { at, conditionsOf, type KubeObject } from '../harness/kube-object.js';
import { lakeModel, openLake } from '../harness/lake.js';
import { isReady } from '../harness/ready-model.js';
import { operatorRuns, scaleOperator } from '../harness/operator-pod.js';
import { currentCluster, Playground } from '../harness/real-cluster.js';
import { repositoryRoot } from '../harness/repository-root.js';
import { until } from '../harness/until.js';

const data = join(repositoryRoot(), 'e2e', 'samples', 'data', 'telco.csv');

let cluster: Cluster;
let playground: Playground;

beforeAll(async () => {
  cluster = await currentCluster();
  playground = await Playground.open(cluster, 'tampered');
  await openLake(playground, { 'telco.csv': await readFile(data) });
});

afterAll(async () => {
  await scaleOperator(cluster, 1);
  await operatorRuns(cluster);
  await playground.leave();
  await cluster.close();
});

async function servingPods(): Promise<KubeObject[]> {
  return (await playground.list('Pod')).filter(({ metadata }) => metadata.labels?.[labels.revision] === 'telco-1');
}

/** Replaces one byte of the model. The ConfigMap is immutable, so it is deleted and made again. */
async function tamper(): Promise<void> {
  const configMap = (await playground.list('ConfigMap')).find(({ metadata }) => metadata.name.includes('-artifact-'));
  if (configMap === undefined) throw new Error('There is no artifact ConfigMap');
  const { name, labels: its, ownerReferences } = configMap.metadata;
  const model = Buffer.from(String(at(configMap, 'binaryData', 'model.onnx')), 'base64');
  model[model.length - 1] = (model.at(-1) ?? 0) ^ 1;
  await cluster.remove(playground.path('ConfigMap', name));
  await playground.create('ConfigMap', {
    metadata: { name, labels: its, ownerReferences },
    data: at(configMap, 'data'),
    binaryData: { 'model.onnx': model.toString('base64') },
    immutable: true,
  });
}

describe('an artifact that was changed after training', () => {
  it('is served by no pod, and the reason is readable', async () => {
    await playground.create('ChurnModel', lakeModel('telco', 'telco.csv', { entityKey: 'customer_id' }));
    await until(
      'the model is Ready',
      async () => isReady(await playground.get('ChurnModel', 'telco'), 'telco-1'),
      () => playground.find('ChurnModel', 'telco'),
    );

    // Kubelets keep immutable ConfigMaps for as long as a pod uses them, so all pods must go first.
    await scaleOperator(cluster, 0);
    await playground.kubectl('scale', 'deployment/telco-1', '--replicas=0');
    await until('no pod is left', async () => (await servingPods()).length === 0);
    await tamper();
    await scaleOperator(cluster, 1);
    await operatorRuns(cluster);

    const pod = await until(
      'a pod has ended with the exit code for artifacts',
      async () => (await servingPods()).find((candidate) => exitCodeOf(candidate) === ARTIFACT_EXIT_CODE),
      servingPods,
    );
    const log = await until('its log is there', async () => {
      const text = await playground.kubectl('logs', pod.metadata.name);
      return text.includes('model.onnx') && text;
    });
    expect(log.trim().split('\n').at(-1)).toMatch(/sha-?256|hash/i);
    await until(
      'the model says so, and that nothing answers',
      async () => {
        const conditions = conditionsOf(await playground.get('ChurnModel', 'telco'));
        return (
          conditions['Available']?.status === 'False' && /model\.onnx/.test(JSON.stringify(Object.values(conditions)))
        );
      },
      () => playground.find('ChurnModel', 'telco'),
    );
    expect(await playground.kubectl('get', 'churnmodel', 'telco', '-o', 'wide')).toContain('model.onnx');
    expect((await servingPods()).every((each) => !isReadyPod(each))).toBe(true);
  });
});

function exitCodeOf(pod: KubeObject): unknown {
  const status = at(pod, 'status', 'containerStatuses', 0);
  return at(status, 'state', 'terminated', 'exitCode') ?? at(status, 'lastState', 'terminated', 'exitCode');
}

function isReadyPod(pod: KubeObject): boolean {
  return conditionsOf(pod)['Ready']?.status === 'True';
}
