import { createClusterClient, kinds, loadKubeConfig } from '@churnops/operator';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { FaultGateway } from '../faults/fault-gateway.js';
import { startNamedOperator } from '../faults/start-named-operator.js';
import { TcpProxy } from '../faults/tcp-proxy.js';
import { long, repetitions } from '../harness/fault-scale.js';
import { kstatusOf } from '../harness/kstatus.js';
import { conditionsOf, type KubeObject, textAt } from '../harness/kube-object.js';
import { OperatorLab, type Story } from '../harness/operator-lab.js';
import { isReady } from '../harness/ready-model.js';
import type { OperatorProcess } from '../harness/operator-process.js';
import { printFigure } from '../harness/print-figure.js';
import { until } from '../harness/until.js';

/** What one test puts between an operator process and the API server. */
interface Path {
  readonly proxy: TcpProxy;
  readonly gateway: FaultGateway;
}

const WISH = 'example.com/wish';

/** No key: one object less that is not watched, and looked for only every five minutes. */
const model = { serving: { access: { authentication: 'None' } } };

let lab: OperatorLab;
let story: Story;
let path: Path;
let operator: OperatorProcess;
let models = 0;
/** The model that serves already when the first fault begins. */
let veteran: string;

beforeAll(async () => {
  lab = await OperatorLab.start();
  const gateway = await FaultGateway.start(lab.controlPlane, 42);
  path = { gateway, proxy: await TcpProxy.start(gateway.port) };
  story = await lab.story();
  operator = await startNamedOperator(lab, { name: 'tested', namespace: story.namespace, server: path.proxy.url });
  veteran = await begin();
  await untilReady(veteran);
});

afterAll(async () => {
  await operator.kill();
  await path.proxy.stop();
  await path.gateway.stop();
  await lab.stop();
});

/** Creates a model by the direct way to the API server, also while that one is just starting. */
async function begin(): Promise<string> {
  models += 1;
  const name = `telco-${String.fromCharCode(96 + Math.ceil(models / 26))}${String.fromCharCode(97 + (models % 26))}`;
  await until(`${name} is created`, async () => {
    if ((await story.find('ChurnModel', name)) === undefined) await story.begin(model, name);
    return true;
  });
  return name;
}

async function untilReady(name: string): Promise<void> {
  const seen = await story.untilReady(`${name}-1`, name);
  expect(kstatusOf(seen)).toBe('Current');
}

/** Asks for something of a model that serves which the operator does alone: no other controller has a part in it. */
async function ask(wish: string): Promise<void> {
  const spec = { serving: { service: { annotations: { [WISH]: wish } } } };
  await until('the wish is taken', async () => {
    await story.patch('ChurnModel', veteran, { spec });
    return true;
  });
}

async function untilDone(wish: string): Promise<void> {
  await until(
    `the Service has the annotation ${wish}`,
    async () => (await story.get('Service', veteran)).metadata.annotations?.[WISH] === wish,
    () => operator.log(),
  );
}

/**
 * How long a model waited for the operator alone since then, in seconds: for its Job, for its Deployment once the Job was done,
 * and for being Ready once the Deployment was available. The API server keeps these times in whole seconds.
 */
async function operatorsPart(name: string, since: number): Promise<number> {
  const job = await story.get('Job', `${name}-1-train`);
  const deployment = await story.get('Deployment', `${name}-1`);
  const seen = await story.get('ChurnModel', name);
  const waits = [
    [seen.metadata.creationTimestamp, job.metadata.creationTimestamp],
    [textAt(job, 'status', 'completionTime'), deployment.metadata.creationTimestamp],
    [sinceOf(deployment, 'Available'), sinceOf(seen, 'Ready')],
  ].map(([from = '', to = '']) => Date.parse(to) - Math.max(since, Date.parse(from)));
  return waits.reduce((sum, wait) => sum + Math.max(0, wait), 0) / 1000;
}

/** Since when a condition of an object is as it is. */
function sinceOf(object: KubeObject, condition: string): string {
  return textAt(conditionsOf(object)[condition], 'lastTransitionTime');
}

/** Creates models while a fault lasts, ends the fault, and waits until all of them are Ready. Tells how long that took. */
async function outlive(sentence: string, fault: () => Promise<readonly string[]>, end: () => void): Promise<void> {
  const created = await fault();
  await ask(sentence);
  end();
  const endedAt = Date.now();
  const tell = (what: string, seconds = (Date.now() - endedAt) / 1000) => {
    printFigure(`R5 ${what} after ${sentence}`, seconds, 's');
  };
  await untilDone(sentence);
  tell('a change carried out');
  // This takes trainings and pods as well, and the controller manager, which has its own way out of the fault.
  await Promise.all(created.map(untilReady));
  tell('all models Ready');
  const parts = await Promise.all(created.map((name) => operatorsPart(name, endedAt)));
  tell('the part of the operator in that, at most', Math.max(...parts));
  expect(story.flaws()).toEqual([]);
  expect(operator.isRunning).toBe(true);
}

// A fact about Kubernetes that short watches rest on. A bookmark comes only when the version has moved on, which takes luck and
// minutes where nothing is written: the short form does without.
if (long) {
  describe('the API server', () => {
    it('sends a bookmark before it ends a quiet watch', async () => {
      const cluster = await createClusterClient(loadKubeConfig(lab.controlPlane.kubeconfig));
      const { signal } = new AbortController();
      const scope = { namespace: 'kube-system', timeoutSeconds: 4, silenceSeconds: 60, signal };
      await until('a watch shows nothing but a bookmark', async () => {
        const { resourceVersion } = await cluster.list(kinds.configMap, { namespace: 'kube-system' });
        const types: string[] = [];
        for await (const { type } of cluster.watch(kinds.configMap, { ...scope, resourceVersion })) types.push(type);
        return types.length > 0 && types.every((type) => type === 'BOOKMARK');
      });
      await cluster.close();
    });
  });
}

describe('an operator process', () => {
  it('goes on after half-open connections', async () => {
    await outlive(
      'half-open connections',
      async () => {
        path.proxy.silence();
        const name = await begin();
        await sleep(repetitions({ short: 3_000, long: 60_000 }));
        return [name];
      },
      () => {
        path.proxy.heal();
      },
    );
  });

  it('goes on after a share of 10 % of 500, 429, lost answers and requests without an answer', async () => {
    await outlive(
      '10 % of requests went wrong',
      async () => {
        path.gateway.trouble(0.1);
        const created: string[] = [];
        for (let round = 0; round < repetitions({ short: 3, long: 30 }); round += 1) {
          created.push(await begin());
          await sleep(3_000);
        }
        return created;
      },
      () => {
        path.gateway.heal();
      },
    );
    const { passed, ...faults } = path.gateway.counts;
    printFigure('R5 requests that passed', passed, '');
    printFigure(
      'R5 requests that went wrong',
      Object.values(faults).reduce((a, b) => a + b, 0),
      '',
    );
  });

  it('works over connections that are slow, narrow, and cut again and again', async () => {
    await outlive(
      'slow, narrow and cut connections',
      async () => {
        path.proxy.delay(200);
        const slow = await begin();
        await sleep(2_000);
        path.proxy.throttle(20_000);
        const narrow = await begin();
        await sleep(2_000);
        for (let round = 0; round < repetitions({ short: 5, long: 60 }); round += 1) {
          path.proxy.cut();
          await sleep(500);
        }
        return [slow, narrow];
      },
      () => {
        path.proxy.heal();
      },
    );
  });

  it('goes on after restarts of the API server', async () => {
    const restarts = repetitions({ short: 2, long: 20 });
    await outlive(
      `${restarts} restarts of the API server`,
      async () => {
        const created: string[] = [];
        for (let round = 0; round < restarts; round += 1) {
          created.push(await begin());
          await lab.controlPlane.restartApiServer();
        }
        return created;
      },
      () => undefined,
    );
  });

  it('has left what was there before alone', async () => {
    const names = (await story.list('ChurnModel')).map(({ metadata }) => metadata.name).sort();
    expect(await story.names('ChurnModelRevision')).toEqual(names.map((name) => `${name}-1`));
    expect(await story.names('Job')).toEqual(names.map((name) => `${name}-1-train`));
    expect(await story.names('Deployment')).toEqual(names.map((name) => `${name}-1`));
    for (const found of await story.list('ChurnModel')) expect(isReady(found, `${found.metadata.name}-1`)).toBe(true);
  });
});
