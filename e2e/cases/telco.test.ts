import { annotations, API_KEY_FIELD, artifactKeys, labels } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Cluster } from '../harness/cluster-access.js';
import { at, conditionsOf } from '../harness/kube-object.js';
import { lakeModel, openLake } from '../harness/lake.js';
import { isReady } from '../harness/ready-model.js';
import { currentCluster, Playground, run } from '../harness/real-cluster.js';
import { repositoryRoot } from '../harness/repository-root.js';
import { ask, constantRate, telcoCustomers } from '../harness/service-calls.js';
import { readCsv } from '../harness/csv.js';
import { until } from '../harness/until.js';

const root = repositoryRoot();
const data = join(root, 'e2e', 'samples', 'data', 'telco.csv');

let cluster: Cluster;
let playground: Playground;
let folder: string;
let before: string[];

beforeAll(async () => {
  cluster = await currentCluster();
  folder = await mkdtemp(join(tmpdir(), 'churnops-telco-'));
  playground = await Playground.open(cluster, 'telco');
  await openLake(playground, { 'telco.csv': await readFile(data) });
  before = await playground.inventory();
});

afterAll(async () => {
  await playground.leave();
  await rm(folder, { recursive: true, force: true });
  await cluster.close();
});

async function apiKey(): Promise<string> {
  const secret = await playground.get('Secret', 'telco-api-key');
  return Buffer.from(String(at(secret, 'data', API_KEY_FIELD)), 'base64').toString('utf8');
}

describe('the telco model', () => {
  it('becomes Ready for kubectl wait, with its quality in a column', async () => {
    await playground.create('ChurnModel', lakeModel('telco', 'telco.csv', { entityKey: 'customer_id' }));
    await playground.kubectl('wait', '--for=condition=Ready', 'churnmodel/telco', '--timeout=900s');
    const [header = '', row = ''] = (await playground.kubectl('get', 'churnmodels')).split('\n');
    const column = header.indexOf('AUC');
    expect(Number(row.slice(column).split(' ')[0])).toBeGreaterThanOrEqual(0.84);
  });

  it('answers through its Service to those who have the key', async () => {
    const [customer] = await telcoCustomers();
    const answer = await ask(playground, '/predict', customer, await apiKey());
    expect(answer).toMatchObject({ status: 200, body: { revision: 'telco-1', churn: expect.any(Boolean) } });
    expect(at(answer.body, 'probability')).toBeGreaterThan(0);
    expect(at(answer.body, 'probability')).toBeLessThan(1);
    const stranger = await ask(playground, '/predict', customer, `churnops_${'A'.repeat(43)}_00000000`);
    expect(stranger.status).toBe(401);
    expect((await ask(playground, '/predict', customer)).status).toBe(401);
  });

  it('gives every customer the probability that bin/churnops score writes', async () => {
    const { artifact } = z
      .object({ artifact: z.object({ configMap: z.string() }) })
      .parse(at(await playground.get('ChurnModelRevision', 'telco-1'), 'status'));
    const configMap = await playground.get('ConfigMap', artifact.configMap);
    await writeFile(join(folder, 'manifest.json'), String(at(configMap, 'data', artifactKeys.manifest)));
    const model = Buffer.from(String(at(configMap, 'binaryData', artifactKeys.model)), 'base64');
    await writeFile(join(folder, 'model.onnx'), model);
    const out = join(folder, 'scored.csv');
    const scored = await run(join(root, 'bin', 'churnops'), ['score', folder, '--data', data, '--out', out]);
    expect(scored).toMatchObject({ code: 0 });
    const written = new Map(
      readCsv(await readFile(out, 'utf8')).rows.map((row) => [row['customer_id'], Number(row['probability'])]),
    );

    const rows = await telcoCustomers();
    expect(written.size).toBe(rows.length);
    const key = await apiKey();
    let largest = 0;
    for (let start = 0; start < rows.length; start += 100) {
      const part = rows.slice(start, start + 100);
      const answer = await ask(playground, '/predict/batch', { rows: part }, key);
      expect(answer.status).toBe(200);
      const results = z.array(z.object({ probability: z.number() })).parse(at(answer.body, 'results'));
      expect(results).toHaveLength(part.length);
      for (const [index, { probability }] of results.entries()) {
        const other = written.get(part[index]?.['customer_id']) ?? Number.NaN;
        largest = Math.max(largest, Math.abs(probability - other));
      }
    }
    expect(largest).toBeLessThanOrEqual(1e-6);
  });

  it('moves to a second revision without one failed request of 50 a second', async () => {
    const rows = (await telcoCustomers()).slice(0, 100);
    const load = await constantRate(playground, { path: '/predict', rows, rate: 50 });
    await playground.cluster.patch(playground.path('ChurnModel', 'telco'), { spec: { training: { seed: 7 } } });
    await until(
      'the second revision serves',
      async () => isReady(await playground.get('ChurnModel', 'telco'), 'telco-2'),
      () => playground.find('ChurnModel', 'telco'),
    );
    await until('the first one is gone', async () => {
      const pods = await playground.list('Pod');
      return pods.every(({ metadata }) => metadata.labels?.[labels.revision] !== 'telco-1');
    });
    const result = await load.end();
    expect(result.failures).toEqual({});
    expect(result.failed).toBe(0);
    expect(result.succeeded).toBe(result.sent);
    expect(Object.keys(result.revisions).sort()).toEqual(['telco-1', 'telco-2']);
    const model = await playground.get('ChurnModel', 'telco');
    expect(conditionsOf(model)['Available']?.status).toBe('True');
  });

  it('leaves nothing behind when it is deleted', async () => {
    const secret = await playground.get('Secret', 'telco-api-key');
    expect(secret.metadata.annotations?.[annotations.keySha256]).toBeDefined();
    await playground.kubectl('delete', 'churnmodel', 'telco', '--timeout=60s');
    let now: string[] = [];
    await until(
      'the namespace holds what it held before',
      async () => {
        now = await playground.inventory();
        return now.join() === before.join();
      },
      () => Promise.resolve(now.filter((object) => !before.includes(object))),
    );
  });
});
