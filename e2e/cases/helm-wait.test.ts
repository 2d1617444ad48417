import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../harness/cluster-access.js';
import { at } from '../harness/kube-object.js';
import { openLake, uriOf } from '../harness/lake.js';
import { isReady } from '../harness/ready-model.js';
import { currentCluster, type Ended, Playground, run } from '../harness/real-cluster.js';
import { repositoryRoot } from '../harness/repository-root.js';
import { constantRate, sampleCustomer } from '../harness/service-calls.js';

const samples = join(repositoryRoot(), 'e2e', 'samples');

let cluster: Cluster;
let playground: Playground;

beforeAll(async () => {
  cluster = await currentCluster();
  playground = await Playground.open(cluster, 'helm');
  await openLake(playground, { 'telco.csv': await readFile(join(samples, 'data', 'telco.csv')) });
});

afterAll(async () => {
  await playground.leave();
  await cluster.close();
});

/** Helm 4 on the sample chart of a user. */
function helm(command: string, ...options: readonly string[]): Promise<Ended> {
  const values = `uri=${uriOf('telco.csv')},secretName=s3`;
  const chart = ['shop', join(samples, 'user-chart'), '--namespace', playground.namespace, '--set', values];
  return run('helm', [command, ...chart, ...options]);
}

describe('a chart of a user with a ChurnModel in it', () => {
  it('is installed by helm install --wait when the model is trained and serves', async () => {
    const { code, stderr } = await helm('install', '--wait', '--timeout', '15m');
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(isReady(await playground.get('ChurnModel', 'telco'), 'telco-1')).toBe(true);
  });

  it('is rolled back by helm upgrade --rollback-on-failure when the change cannot be trained, and serves all the time', async () => {
    const before = await playground.get('ChurnModel', 'telco');
    const load = await constantRate(playground, { path: '/predict', rows: [await sampleCustomer()], rate: 20 });
    const upgrade = await helm('upgrade', '--rollback-on-failure', '--timeout', '4m', '--set', 'label=left_us');
    expect(upgrade.code).not.toBe(0);
    const { failed, failures, revisions } = await load.end();
    expect({ failed, failures, revisions: Object.keys(revisions) }).toEqual({
      failed: 0,
      failures: {},
      revisions: ['telco-1'],
    });
    const after = await playground.get('ChurnModel', 'telco');
    expect(at(after, 'spec')).toEqual(at(before, 'spec'));
    expect(isReady(after, 'telco-1')).toBe(true);
    const history = await run('helm', ['history', 'shop', '--namespace', playground.namespace]);
    expect(history.stdout).toMatch(/1 .*superseded[^]*2 .*failed[^]*3 .*deployed/);
  });
});
