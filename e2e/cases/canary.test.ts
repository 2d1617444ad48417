import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Cluster } from '../harness/cluster-access.js';
import { expectSaid } from '../harness/expect-said.js';
import { long } from '../harness/fault-scale.js';
import { conditionsOf, textAt } from '../harness/kube-object.js';
import { printFigure } from '../harness/print-figure.js';
import { currentCluster } from '../harness/real-cluster.js';
import { breakImages, RolloutStory, shortCanary } from '../harness/rollout-story.js';
import { constantRate, type Load, type LoadResult, telcoCustomers } from '../harness/service-calls.js';

/** All eight ways with `make faults`: in seven an image is broken, in one an artifact is gone. */
const ways = long
  ? (['errors', 'hang', 'crash-loop', 'garbage', 'wrong-shape', 'slow', 'out-of-memory', 'crash-under-load'] as const)
  : (['errors', 'hang'] as const);

const RATE = 100;
const replicas = 2;

let cluster: Cluster;
let story: RolloutStory;
let load: Load;

beforeAll(async () => {
  cluster = await currentCluster();
  await breakImages(ways);
  story = await RolloutStory.open(cluster, 'canary', {
    rollout: shortCanary,
    autoscaling: { policy: 'None', replicas },
  });
  // A ConfigMap holds the rows of so many.
  const rows = (await telcoCustomers()).slice(0, 1_500);
  load = await constantRate(story.playground, { path: '/predict', rows, rate: RATE });
});

afterAll(async () => {
  await story.playground.leave();
  await cluster.close();
});

/** What users got so far: all of it must be good, at any time. */
async function expectNoHarm(): Promise<LoadResult | undefined> {
  const result = await load.sofar();
  expect({ failed: result?.failed ?? 0, failures: result?.failures ?? {} }).toEqual({ failed: 0, failures: {} });
  return result;
}

async function currentRevision(): Promise<string> {
  return textAt(await story.model(), 'status', 'current', 'revision');
}

describe(`under ${RATE} requests a second`, () => {
  it('a good candidate is promoted, and clients that keep their connections get it', async () => {
    const before = await currentRevision();
    const revision = await story.change({ serving: { requestTimeoutSeconds: 29 } });
    const { stage, startTime, endTime, checks = [] } = await story.untilOver(revision);
    expect({ stage, said: checks.map(({ message }) => message) }).toMatchObject({ stage: 'Complete' });
    printFigure('promotion of a good candidate', (Date.parse(endTime ?? '') - Date.parse(startTime)) / 1000, 's');
    await story.untilServes(revision);
    const earlier = await expectNoHarm();
    await story.untilMore(load);
    const later = await expectNoHarm();
    expect(later?.revisions[before]).toBe(earlier?.revisions[before]);
  });

  it.each(ways)('a candidate that is broken by %s is rolled back, and says why', async (way) => {
    const before = await currentRevision();
    const revision = await story.breakWith(way);
    const { status, milliseconds } = await story.untilRolledBack(revision);
    printFigure(`${way}: from the failing look to an acknowledged 0 %`, milliseconds / 1000, 's');
    printFigure(
      `${way}: rollout until it failed`,
      (Date.parse(status.endTime ?? '') - Date.parse(status.startTime)) / 1000,
      's',
    );
    await expectSaid(story, revision, status);
    await expectNoHarm();
    expect(await currentRevision()).toBe(before);
    expect(conditionsOf(await story.model())['Available']?.status).toBe('True');
  });

  if (long) {
    it('a candidate whose artifact is gone is rolled back, and says why', async () => {
      const revision = await story.changeArtifact();
      await story.loseArtifact(revision);
      const { status, milliseconds } = await story.untilRolledBack(revision);
      printFigure('missing artifact: from the failing look to an acknowledged 0 %', milliseconds / 1000, 's');
      await expectSaid(story, revision, status);
      await expectNoHarm();
    });
  }

  it('no request failed', async () => {
    const { sent, failed, failures, milliseconds } = await load.end();
    printFigure('canaries: requests', sent, '');
    printFigure('canaries: 99 of 100 answers took at most', milliseconds.p99, 'ms');
    expect({ failed, failures }).toEqual({ failed: 0, failures: {} });
  });
});
