import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readAuditLog, writesOf } from '../harness/audit-log.js';
import type { Death } from '../faults/crashing-client.js';
import { deathsIn, tellAll } from '../faults/deaths.js';
import { long } from '../harness/fault-scale.js';
import { OperatorLab, type RunningOperator, type Story } from '../harness/operator-lab.js';
import { isReady } from '../harness/ready-model.js';
import { hastyClock } from '../harness/lab-clock.js';
import { type StoryEnd, untilEnd, untilQuiet } from '../harness/same-end.js';
import { until } from '../harness/until.js';

/** Time limit of a test with some fifty stories, in ms: it only ends a hang. */
const MANY_STORIES_MS = long ? 3_600_000 : 1_500_000;

/** How long an operator must be seen to be idle. */
const IDLE_MS = 60_000;

let lab: OperatorLab;
/** A model that nobody touches while the other tests run, and since when (by the API server's clock, which is ours). */
let idle: { readonly story: Story; readonly since: Date };

beforeAll(async () => {
  lab = await OperatorLab.start();
  const story = await lab.story();
  const operator = await lab.startOperator({ namespace: story.namespace });
  await story.begin();
  await story.untilReady();
  await untilQuiet(lab, story, operator);
  idle = { story, since: new Date() };
});

afterAll(async () => {
  await lab.stop();
});

function operate(story: Story, death?: Death): Promise<RunningOperator> {
  return lab.startOperator({
    namespace: story.namespace,
    clock: hastyClock(),
    ...(death !== undefined && { death }),
  });
}

async function surviveDeath(story: Story, doomed: RunningOperator, undisturbed: StoryEnd): Promise<void> {
  await untilEnd(lab, story, undisturbed, () => doomed.life.dead);
  await doomed.stop();
  await lab.expireLease(story.namespace);
  const successor = await operate(story);
  await untilEnd(lab, story, undisturbed);
  expect(story.flaws()).toEqual([]);
  await successor.stop();
  await lab.forget(story);
}

// What is stored after a write is what is stored before the next one: in the short form one of the two moments must do.
const moments: readonly Death['moment'][] = long ? ['before', 'after'] : ['after'];

describe('an operator that dies', () => {
  it(
    'before or after any write from creation to Ready leaves what an undisturbed one leaves',
    async () => {
      const calm = await lab.story();
      const operator = await operate(calm);
      await calm.begin();
      await calm.untilReady();
      const undisturbed = await untilQuiet(lab, calm, operator);
      await operator.stop();
      expect(operator.life.writes.length).toBeGreaterThan(8);

      await tellAll(deathsIn(operator.life.writes.length, moments), async (death) => {
        const story = await lab.story();
        const doomed = await operate(story, death);
        await story.begin();
        await surviveDeath(story, doomed, undisturbed);
      });
    },
    MANY_STORIES_MS,
  );

  it(
    'before or after any write of a change leaves what an undisturbed one leaves',
    async () => {
      const change = { spec: { training: { seed: 7 }, autoscaling: { minReplicas: 3 } } };
      const readyOnce = async () => {
        const story = await lab.story();
        const first = await operate(story);
        await story.begin();
        await story.untilReady();
        await first.stop();
        return story;
      };
      const calm = await readyOnce();
      const operator = await operate(calm);
      await calm.patch('ChurnModel', 'telco', change);
      await until('the first Deployment is gone', async () => (await calm.names('Deployment')).join() === 'telco-2');
      await calm.untilModel('is Ready with telco-2', (model) => isReady(model, 'telco-2'));
      const undisturbed = await untilQuiet(lab, calm, operator);
      await operator.stop();

      await tellAll(deathsIn(operator.life.writes.length, moments), async (death) => {
        const story = await readyOnce();
        const doomed = await operate(story, death);
        await story.patch('ChurnModel', 'telco', change);
        await surviveDeath(story, doomed, undisturbed);
      });
    },
    MANY_STORIES_MS,
  );
});

describe('two operators at once', () => {
  it('make what one makes, and train once', async () => {
    const calm = await lab.story();
    const alone = await operate(calm);
    await calm.begin();
    await calm.untilReady();
    const undisturbed = await untilQuiet(lab, calm, alone);
    await alone.stop();

    const story = await lab.story();
    // Each keeps its own Lease, so both believe that they lead.
    const both = await Promise.all(
      ['one', 'two'].map((lease) => lab.startOperator({ namespace: story.namespace, clock: hastyClock(), lease })),
    );
    await story.begin();
    await untilEnd(lab, story, undisturbed);
    expect(await story.names('Job')).toEqual(['telco-1-train']);
    expect((await story.list('Pod')).filter((pod) => pod.metadata.ownerReferences?.[0]?.kind === 'Job')).toHaveLength(
      1,
    );
    expect(story.flaws()).toEqual([]);
    await Promise.all(both.map((operator) => operator.stop()));
  });
});

describe('an idle operator', () => {
  it('writes nothing but its Lease', async () => {
    const rest = IDLE_MS - (Date.now() - idle.since.getTime());
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    const entries = writesOf(await readAuditLog(lab.controlPlane.auditLogPath), 'churnops').filter(
      ({ objectRef, requestReceivedTimestamp }) =>
        objectRef?.namespace === idle.story.namespace && new Date(requestReceivedTimestamp) > idle.since,
    );
    const written = entries.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource ?? ''}`);
    expect(written.length).toBeGreaterThan(10);
    expect(written.filter((write) => write !== 'update leases')).toEqual([]);
  });
});
