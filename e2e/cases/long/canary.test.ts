import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Cluster } from '../../harness/cluster-access.js';
import { expectSaid } from '../../harness/expect-said.js';
import { at, conditionsOf, textAt } from '../../harness/kube-object.js';
import { killOperator, operatorRuns } from '../../harness/operator-pod.js';
import { printFigure } from '../../harness/print-figure.js';
import { currentCluster } from '../../harness/real-cluster.js';
import { breakImages, RolloutStory, shortCanary } from '../../harness/rollout-story.js';
import { constantRate, type Load, telcoCustomers } from '../../harness/service-calls.js';
import { until } from '../../harness/until.js';

/** Without a request, replayed rows show all that rows can show. */
const brokenWays = ['errors', 'hang', 'crash-loop', 'garbage', 'wrong-shape', 'slow', 'out-of-memory'] as const;
const wrongModels = ['shuffled', 'constant', 'inverted'] as const;
const RATE = 100;
const AA_ROLLOUTS = 5;
const AA_REQUESTS = 50_000;
const LONG_MS = 1_000_000;

let cluster: Cluster;
let story: RolloutStory | undefined;

/** All of this takes the better part of an hour: only `make faults` has the time. */
// With `make faults` only (CHURNOPS_FAULTS=long): the integration ring has a short form of each.
describe('on a real cluster, at length', () => {
  beforeAll(async () => {
    cluster = await currentCluster();
    await breakImages([...brokenWays, ...wrongModels, 'breaks-after-promotion']);
  });

  afterEach(async () => {
    await story?.playground.close();
    story = undefined;
  });

  afterAll(() => cluster.close());

  async function open(name: string, spec: object): Promise<RolloutStory> {
    story = await RolloutStory.open(cluster, name, spec);
    return story;
  }

  async function underLoad(opened: RolloutStory): Promise<Load> {
    const rows = (await telcoCustomers()).slice(0, 1_500);
    return constantRate(opened.playground, { path: '/predict', rows, rate: RATE });
  }

  it('each broken candidate is rolled back without a single request too', async () => {
    const opened = await open('replay', { rollout: shortCanary });
    for (const way of brokenWays) {
      const revision = await opened.breakWith(way);
      const { status, milliseconds } = await opened.untilRolledBack(revision);
      printFigure(`replay, ${way}: from the failing look to an acknowledged 0 %`, milliseconds / 1000, 's');
      await expectSaid(opened, revision, status);
    }
    const revision = await opened.changeArtifact();
    await opened.loseArtifact(revision);
    const { status } = await opened.untilRolledBack(revision);
    await expectSaid(opened, revision, status);
  });

  it('a model that is healthy and wrong is stopped by a guard', async () => {
    const opened = await open('wrong', { rollout: shortCanary });
    const load = await underLoad(opened);
    for (const way of wrongModels) {
      const revision = await opened.breakWith(way);
      const { status } = await opened.untilRolledBack(revision);
      const failed = (status.checks ?? []).filter(({ verdict }) => verdict === 'Fail').map(({ name }) => name);
      printFigure(`wrong model, ${way}: rollout until it failed`, secondsOf(status), 's');
      expect({ way, reason: status.reason, failed: failed.length }).toEqual({
        way,
        reason: 'AnalysisFailed',
        failed: expect.any(Number),
      });
      expect(['score-shift', 'decision-flips']).toEqual(expect.arrayContaining(failed));
    }
    expect(await load.end()).toMatchObject({ failed: 0, failures: {} });
  });

  it('a candidate that breaks after its promotion is rolled back in the bake', async () => {
    const opened = await open('bake', { rollout: { ...shortCanary, rollback: { bakeSeconds: 600 } } });
    const load = await underLoad(opened);
    const revision = await opened.breakWith('breaks-after-promotion');
    const status = await opened.untilOver(revision);
    expect(status.stage).toBe('RolledBack');
    await until(
      'the revision before serves again',
      async () => {
        const model = await opened.model();
        return textAt(model, 'status', 'current', 'revision') === 'telco-1' && selectorOf(opened, 'telco-1');
      },
      () => opened.model(),
    );
    // What failed until the counters had shown it, and until clients have left, is the price of a fault that no canary can see.
    const before = await untilNoneFails(opened, load);
    await opened.untilGone(revision);
    const after = await failedSoFar(load);
    printFigure('broken after promotion: failed requests', after, '');
    expect(after).toBe(before);
    await load.end();
  });

  it(`${AA_ROLLOUTS} equally good candidates in a row are promoted while the CPU is throttled on both sides`, async () => {
    const opened = await open('aa', {
      rollout: { ...shortCanary, rollback: { bakeSeconds: 30 } },
      autoscaling: { policy: 'None', replicas: 4 },
      serving: {
        resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { cpu: '300m', memory: '512Mi' } },
      },
    });
    const load = await underLoad(opened);
    for (let rollout = 1; rollout <= AA_ROLLOUTS; rollout += 1) {
      const revision = await opened.change({ serving: { requestTimeoutSeconds: 30 + rollout } });
      const status = await opened.untilOver(revision);
      printFigure(`A/A rollout ${rollout} under throttling`, secondsOf(status), 's');
      expect({ revision, stage: status.stage, message: status.message }).toMatchObject({ stage: 'Complete' });
      await opened.untilServes(revision);
    }
    await untilSent(load, AA_REQUESTS);
    const { sent, failed, failures } = await load.end();
    printFigure('A/A rollouts: requests', sent, '');
    expect({ failed, failures }).toEqual({ failed: 0, failures: {} });
  });

  it('the revision before last serves when it is pinned, though the operator dies in between', async () => {
    const opened = await open('pin', { rollout: { strategy: 'Immediate' } });
    for (const requestTimeoutSeconds of [28, 29]) {
      await opened.untilServes(await opened.change({ serving: { requestTimeoutSeconds } }));
    }
    const load = await underLoad(opened);
    const since = Date.now();
    await opened.patch({ rollout: { pinnedRevision: 'telco-1' } });
    await killOperator(cluster);
    await operatorRuns(cluster);
    await until(
      'the pinned revision serves',
      async () =>
        textAt(await opened.model(), 'status', 'current', 'revision') === 'telco-1' && selectorOf(opened, 'telco-1'),
      () => opened.model(),
    );
    printFigure('pin, with the operator killed: until it serves', (Date.now() - since) / 1000, 's');
    await opened.untilGone('telco-3');
    expect(conditionsOf(await opened.model())['Promoted']).toMatchObject({ status: 'False', reason: 'Pinned' });
    expect(await load.end()).toMatchObject({ failed: 0, failures: {} });
  });

  it('a changed spec is promoted with default settings and without a single request', async () => {
    const opened = await open('quiet', { rollout: { rollback: { bakeSeconds: 0 } } });
    const revision = await opened.change({ serving: { requestTimeoutSeconds: 29 } });
    const status = await opened.untilOver(revision);
    printFigure('no traffic, default settings: promotion', secondsOf(status), 's');
    expect({ stage: status.stage, message: status.message }).toMatchObject({ stage: 'Complete' });
  });
});

function secondsOf({ startTime, endTime = '' }: { startTime: string; endTime?: string | undefined }): number {
  return (Date.parse(endTime) - Date.parse(startTime)) / 1000;
}

async function selectorOf({ playground }: RolloutStory, revision: string): Promise<boolean> {
  const service = await playground.get('Service', 'telco');
  return Object.values(at(service, 'spec', 'selector') ?? {}).includes(revision);
}

/** How many requests failed when some hundred in a row did not. */
async function untilNoneFails(story: RolloutStory, load: Load): Promise<number> {
  const before = await failedSoFar(load);
  await story.untilMore(load);
  return (await failedSoFar(load)) === before ? before : untilNoneFails(story, load);
}

async function failedSoFar(load: Load): Promise<number> {
  return (await load.sofar())?.failed ?? NaN;
}

async function untilSent(load: Load, requests: number): Promise<void> {
  const sent = async () => (await load.sofar())?.sent ?? 0;
  await until(`${requests} requests were sent`, async () => (await sent()) >= requests, sent, LONG_MS);
}
