import { API_VERSION, operatorMetrics } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FakedNodes } from '../faults/scale/faked-nodes.js';
import { applyCrds } from '../harness/apply-crds.js';
import { type AuditEntry, endOfAuditLog, readAuditLog, writesOf } from '../harness/audit-log.js';
import { makeChartAccount } from '../harness/chart-account.js';
import { accessOf, Cluster } from '../harness/cluster-access.js';
import { type ControlPlane, startControlPlane } from '../harness/control-plane.js';
import { long } from '../harness/fault-scale.js';
import { at, collectionOf, conditionsOf, type Kind, type KubeObject, pathOf } from '../harness/kube-object.js';
import { OperatorProcess } from '../harness/operator-process.js';
import { PlayedKubelet } from '../harness/played-kubelet.js';
import { printFigure } from '../harness/print-figure.js';
import { until } from '../harness/until.js';

const MODELS = long ? 1_000 : 24;
const NAMESPACES = long ? 10 : 2;
const IDLE_SECONDS = long ? 600 : 15;
/** Nothing but the Lease was written for so long: what the last change led to is done. */
const QUIET_SECONDS = 10;
const OPERATOR = 'churnops';

// A thousand models take their time to be made on two busy cores.
if (long) jest.setTimeout(5_400_000);

let plane: ControlPlane;
let cluster: Cluster;
let kubelet: PlayedKubelet;
let nodes: FakedNodes | undefined;
let operator: OperatorProcess;
/** The environment of a pod with the chart's ServiceAccount. */
let account: Record<string, string>;
/** Where the audit log ended when the operator of now was started. */
let logStart = 0;

const namespaces = Array.from({ length: NAMESPACES }, (_, index) => `scale-${index}`);

beforeAll(async () => {
  plane = await startControlPlane();
  cluster = new Cluster(accessOf(await readFile(plane.kubeconfig, 'utf8')));
  await applyCrds(plane);
  account = await makeChartAccount(plane, cluster);
  kubelet = new PlayedKubelet(cluster);
  for (const namespace of namespaces) {
    await cluster.create(collectionOf('Namespace'), { metadata: { name: namespace } });
    if (long) kubelet.direct(namespace, { serving: () => ({ kind: 'leave' }) });
  }
  for (const namespace of namespaces) {
    const path = pathOf('ServiceAccount', namespace, 'default');
    await until(`${namespace} has its ServiceAccount`, () => cluster.find(path));
  }
  // The short form plays the serving pods as well, and is spared the build of kwok.
  if (long) nodes = await FakedNodes.start(plane, cluster);
  kubelet.start();
});

afterAll(async () => {
  await operator.kill();
  await nodes?.stop();
  await kubelet.stop();
  await cluster.close();
  await plane.stop();
});

async function startOperator(): Promise<void> {
  logStart = await endOfAuditLog(plane.auditLogPath);
  operator = await OperatorProcess.start({ logPath: join(plane.folder, 'operator.log'), env: account });
}

async function createModels(): Promise<void> {
  for (let index = 0; index < MODELS; index += 1) {
    const namespace = namespaces[index % NAMESPACES] ?? '';
    await cluster.create(pathOf('ChurnModel', namespace), {
      apiVersion: API_VERSION,
      kind: 'ChurnModel',
      metadata: { name: `model-${index}` },
      spec: { data: { uri: 's3://lake/telco.csv', label: 'churn', positiveLabel: 'Yes' } },
    });
  }
}

function isReady(model: KubeObject): boolean {
  return (
    conditionsOf(model)['Ready']?.status === 'True' &&
    at(model, 'status', 'observedGeneration') === model.metadata.generation
  );
}

async function countReady(): Promise<number> {
  return (await cluster.list(collectionOf('ChurnModel'))).filter(isReady).length;
}

/** Waits as long as the test may take: a thousand models take more than the patience of `until`. */
async function untilAllReady(): Promise<void> {
  let told = 0;
  for (let ready = 0; ready < MODELS; ready = await countReady()) {
    if (ready - told >= MODELS / 10) {
      process.stdout.write(`  ${ready} of ${MODELS} models are Ready\n`);
      told = ready;
    }
    await seconds(2);
  }
}

/** Waits until the operator of now has looked at every model and has nothing left to do. */
async function untilAllSeen(): Promise<number> {
  let most = 0;
  await until(
    'every model was seen',
    async () => {
      most = Math.max(most, await operator.connectionsTo(plane.port));
      const seen = await operator.metric(operatorMetrics.reconciles.name, { outcome: 'ok' });
      return seen >= MODELS && (await operator.metric(operatorMetrics.queueDepth.name)) === 0;
    },
    () => operator.log(),
  );
  return most;
}

function seconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count * 1000));
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

/** What the operator wrote for `duration` seconds from now on, without its Lease. */
async function writesDuring(duration: number): Promise<string[]> {
  const from = await endOfAuditLog(plane.auditLogPath);
  await seconds(duration);
  const writes = writesOf(await readAuditLog(plane.auditLogPath, from), OPERATOR);
  return writes.map(sentenceOf).filter((sentence) => !sentence.endsWith(' leases churnops-system/churnops'));
}

function sentenceOf({ verb, objectRef }: AuditEntry): string {
  const { resource = '', namespace = '', name = '' } = objectRef ?? {};
  return `${verb} ${resource} ${namespace}/${name}`;
}

async function untilQuiet(): Promise<void> {
  let last: string[] = [];
  await until(
    'the operator has nothing left to write',
    async () => {
      last = await writesDuring(QUIET_SECONDS);
      return last.length === 0;
    },
    () => Promise.resolve(last.slice(0, 20)),
  );
}

async function openWatches(): Promise<number> {
  const watches = (await readAuditLog(plane.auditLogPath, logStart)).filter(
    ({ verb, userAgent }) => verb === 'watch' && userAgent.startsWith(OPERATOR),
  );
  const ended = new Set(watches.filter(({ stage }) => stage === 'ResponseComplete').map(({ auditID }) => auditID));
  return watches.filter(({ stage, auditID }) => stage === 'ResponseStarted' && !ended.has(auditID)).length;
}

const CHILDREN = ['ChurnModel', 'ChurnModelRevision', 'Job', 'Deployment', 'Service', 'Secret', 'ConfigMap'] as const;

/** Every object's version: the same before and after means that nothing was changed. */
async function versions(): Promise<Record<string, string | undefined>> {
  const listed: [string, string | undefined][] = [];
  const add = async (kind: Kind) => {
    for (const { metadata } of await cluster.list(collectionOf(kind))) {
      listed.push([`${kind} ${metadata.namespace ?? ''}/${metadata.name}`, metadata.resourceVersion]);
    }
  };
  for (const kind of CHILDREN) await add(kind);
  return Object.fromEntries(listed);
}

async function printMemory(when: string): Promise<void> {
  const { rss, peak } = await operator.memory();
  printFigure(`memory of the operator ${when}`, rss, 'MiB');
  printFigure(`memory of the operator ${when}, at most`, peak, 'MiB');
  printFigure(`CPU time of the operator ${when}`, await operator.cpuSeconds(), 's');
}

describe(`${MODELS} models`, () => {
  it('become Ready', async () => {
    await startOperator();
    const took = await secondsOf(async () => {
      await createModels();
      await untilAllReady();
    });
    printFigure(`creating ${MODELS} models until all are Ready`, took, 's');
    await untilQuiet();
    await printMemory('that made them');
    expect(await countReady()).toBe(MODELS);
  });

  it('are left as they are by an operator that starts anew', async () => {
    expect(await operator.stop()).toBe(0);
    const before = await versions();
    let connections = 0;
    const took = await secondsOf(async () => {
      await startOperator();
      connections = await untilAllSeen();
    });
    printFigure(`start of a new operator until all ${MODELS} models were seen`, took, 's');
    printFigure('TLS connections meanwhile, at most', connections, 'connections');
    await printMemory('that started anew');
    await untilQuiet();
    expect(await versions()).toEqual(before);
    expect(await countReady()).toBe(MODELS);
  });

  it('cost no write but that of the Lease while nothing happens', async () => {
    const before = await operator.cpuSeconds();
    const writes = await writesDuring(IDLE_SECONDS);
    printFigure(`writes but the Lease in ${IDLE_SECONDS} idle seconds`, writes.length, 'writes');
    printFigure('CPU time of the idle operator', ((await operator.cpuSeconds()) - before) / IDLE_SECONDS, 's/s');
    await printMemory('at rest');
    expect(writes).toEqual([]);
  });

  it('need three TLS connections at most, besides one for each watch', async () => {
    const watches = await openWatches();
    expect(watches).toBeGreaterThan(5);
    printFigure('open watches', watches, 'watches');
    printFigure('TLS connections', await operator.connectionsTo(plane.port), 'connections');
    // A watch that is just being renewed is open again in a moment.
    await until('there are few connections', async () => {
      return (await operator.connectionsTo(plane.port)) <= (await openWatches()) + 3;
    });
  });
});
