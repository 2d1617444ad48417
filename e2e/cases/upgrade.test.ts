import { annotations, labels } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../harness/cluster-access.js';
import { at, type KubeObject } from '../harness/kube-object.js';
import { lakeModel, openLake } from '../harness/lake.js';
import { isReady } from '../harness/ready-model.js';
import { leadingImage } from '../harness/operator-pod.js';
import { isReadyPod } from '../harness/ready-pods.js';
import { currentCluster, Playground, run } from '../harness/real-cluster.js';
import { repositoryRoot } from '../harness/repository-root.js';
import { until } from '../harness/until.js';

const root = repositoryRoot();
const data = join(root, 'e2e', 'samples', 'data', 'telco.csv');
/** One constant of the compiled builder of pods: it lengthens `terminationGracePeriodSeconds` by a minute. */
const edit = ['desired/pod-template.js', 's/DRAIN_SPARE_SECONDS = 25/DRAIN_SPARE_SECONDS = 85/'] as const;
const TAG = 'changed';
const LONGER_SECONDS = 60;

let cluster: Cluster;
let playground: Playground;

beforeAll(async () => {
  cluster = await currentCluster();
  playground = await Playground.open(cluster, 'upgrade');
  await openLake(playground, { 'telco.csv': await readFile(data) });
});

afterAll(async () => {
  await installOperator('');
  await playground.leave();
  await cluster.close();
});

/** Upgrades the release to an image of the operator with this tag, and waits for its pod; empty is the chart's own tag. */
async function installOperator(tag: string): Promise<void> {
  const chart = ['churnops', join(root, 'charts', 'churnops'), '--namespace', 'churnops-system', '--reuse-values'];
  const options = ['--set-string', `images.operator.tag=${tag}`, '--wait', '--timeout', '10m'];
  const { code, stderr } = await run('helm', ['upgrade', ...chart, ...options]);
  if (code !== 0) throw new Error(`helm could not install the operator with tag '${tag}': ${stderr}`);
}

/** What tells whether a pod was replaced or restarted; once all of them are ready, which a busy machine may take its time for. */
async function lives(): Promise<unknown[]> {
  const pods = await until(
    'all pods are ready',
    async () => {
      const found = (await playground.list('Pod')).filter(isServing);
      return found.length === 2 && found.every(isReadyPod) && found;
    },
    () => playground.list('Pod'),
  );
  return pods.map((pod) => [pod.metadata.uid, at(pod, 'status', 'containerStatuses', 0, 'restartCount')]);
}

function isServing({ metadata }: KubeObject): boolean {
  return metadata.labels?.[labels.revision] === 'telco-1' && metadata.ownerReferences?.[0]?.kind === 'ReplicaSet';
}

function graceOf(deployment: KubeObject): number {
  return Number(at(deployment, 'spec', 'template', 'spec', 'terminationGracePeriodSeconds'));
}

async function untilReady(revision: string): Promise<void> {
  await until(
    `${revision} serves`,
    async () => isReady(await playground.get('ChurnModel', 'telco'), revision),
    () => playground.find('ChurnModel', 'telco'),
  );
}

describe('an operator whose builders have changed', () => {
  let before: KubeObject;

  it('takes over without touching a pod', async () => {
    await playground.create('ChurnModel', lakeModel('telco', 'telco.csv', { entityKey: 'customer_id' }));
    await untilReady('telco-1');
    before = await playground.get('Deployment', 'telco-1');
    const livesBefore = await lives();

    const built = await run(join(root, 'e2e', 'cluster', 'changed-operator.sh'), [...edit, TAG]);
    expect(built).toMatchObject({ code: 0 });
    await installOperator(TAG);
    await until('the new operator leads', async () => (await leadingImage(cluster)).endsWith(`:${TAG}`));
    // A change that applies at once: when it is carried out, the new operator has looked at everything of this model.
    await cluster.patch(playground.path('ChurnModel', 'telco'), {
      spec: { serving: { service: { annotations: { 'example.com/seen-by': 'the new operator' } } } },
    });
    await until('the new operator has worked on the model', async () => {
      const { metadata } = await playground.get('Service', 'telco');
      return metadata.annotations?.['example.com/seen-by'] !== undefined;
    });

    expect((await playground.get('Deployment', 'telco-1')).metadata.generation).toBe(before.metadata.generation);
    expect(await lives()).toEqual(livesBefore);
    expect((await playground.list('ChurnModelRevision')).map(({ metadata }) => metadata.name)).toEqual(['telco-1']);
  });

  it('makes a revision of its own builders when it is told to refresh, and trains nothing for it', async () => {
    await playground.kubectl('annotate', 'churnmodel', 'telco', `${annotations.refresh}=1`);
    await untilReady('telco-2');
    const deployment = await playground.get('Deployment', 'telco-2');
    expect(graceOf(deployment)).toBe(graceOf(before) + LONGER_SECONDS);
    const jobs = (await playground.list('Job')).map(({ metadata }) => metadata.name);
    expect(jobs.filter((name) => name.startsWith('telco-2'))).toEqual([]);
    const hashes = await Promise.all(
      ['telco-1', 'telco-2'].map(async (name) =>
        at(await playground.get('ChurnModelRevision', name), 'status', 'artifact', 'sha256'),
      ),
    );
    expect(hashes[0]).toEqual(expect.any(String));
    expect(hashes[1]).toBe(hashes[0]);
  });
});
