import { annotations } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { endOfAuditLog, readAuditLog, writesOf } from '../harness/audit-log.js';
import { CanaryStory, quickRollout } from '../harness/canary-story.js';
import { repetitions } from '../harness/fault-scale.js';
import { at } from '../harness/kube-object.js';
import { OperatorLab, type RunningOperator } from '../harness/operator-lab.js';
import { untilQuiet } from '../harness/same-end.js';
import { until } from '../harness/until.js';

/** How long an operator with nothing to do is watched: some looks at least. */
const IDLE_MS = repetitions({ short: 4_000, long: 60_000 });
/** So long pods stay after the Service has moved on. */
const RETIREMENT_MS = 60_000;

const byApproval = {
  steps: [quickRollout.steps[0], { ...quickRollout.steps[1], approval: 'Required' }],
};
const longBake = { rollback: { bakeSeconds: 3_600 } };
/** Its pods fail half of what they are asked. */
const bad = { 'telco-2': { failing: 0.5 } };

let lab: OperatorLab;
let operator: RunningOperator;

beforeAll(async () => {
  lab = await OperatorLab.start();
  operator = await lab.startOperator();
});

afterAll(async () => {
  await lab.stop();
});

/** What holds after every rollout, however it ended: users never noticed, and every status was right. */
function expectUnharmed(canary: CanaryStory): void {
  expect(canary.outages()).toBe(0);
  expect(canary.story.flaws()).toEqual([]);
}

/** A story whose second revision has a fifth of the rows, and waits for approval. */
async function midCanary(): Promise<CanaryStory> {
  const canary = await CanaryStory.begin(lab, { rollout: byApproval });
  await canary.change();
  await canary.untilHeld('Canary', 'AwaitingApproval');
  return canary;
}

/** A story whose second revision serves, and bakes for long. */
async function baking(): Promise<CanaryStory> {
  const canary = await CanaryStory.begin(lab, { rollout: longBake });
  await canary.change();
  await canary.untilStage('Baking');
  await canary.story.untilReady('telco-2');
  return canary;
}

async function rolledBack(): Promise<CanaryStory> {
  const canary = await CanaryStory.begin(lab, { cast: bad });
  await canary.change();
  await canary.untilStage('RolledBack');
  await canary.untilOnly('telco-1');
  return canary;
}

describe('an operator with nothing to decide', () => {
  it('writes nothing but its Lease: while approval is awaited, in a bake without requests, after a rollback', async () => {
    const canaries = await Promise.all([midCanary(), baking(), rolledBack()]);
    for (const canary of canaries) canary.rowsPerSecond(0);
    await Promise.all(canaries.map(({ story }) => untilQuiet(lab, story, operator)));
    const from = await endOfAuditLog(lab.controlPlane.auditLogPath);
    await sleep(IDLE_MS);
    const entries = writesOf(await readAuditLog(lab.controlPlane.auditLogPath, from), 'churnops');
    const writes = entries.map(({ verb, objectRef }) => [verb, objectRef?.resource, objectRef?.name].join(' '));
    expect(writes.filter((write) => !write.startsWith('update leases '))).toEqual([]);
  });
});

describe('a write that is refused', () => {
  /** Takes the Secret with hashes of keys for somebody else's from now on. */
  async function foreignSecret({ story }: CanaryStory): Promise<void> {
    const metadata = { ownerReferences: null, annotations: { [annotations.keySha256]: null } };
    await story.patch('Secret', 'telco-api-keys', { metadata });
    await story.poke();
    await story.untilCondition('Stalled', 'True', 'NameConflict');
  }

  /** There is no room for the Secret with hashes of keys, which is gone. */
  async function fullQuota({ story }: CanaryStory): Promise<void> {
    await story.create('ResourceQuota', { metadata: { name: 'full' }, spec: { hard: { secrets: '0' } } });
    await until('the quota holds', async () =>
      at(await story.get('ResourceQuota', 'full'), 'status', 'used', 'secrets'),
    );
    await story.remove('Secret', 'telco-api-keys');
    await story.poke();
    await story.untilCondition('Stalled', 'True', 'QuotaExceeded');
  }

  const upsets = [
    ['a Secret of somebody else has the name of ours in mid-canary', midCanary, foreignSecret],
    ['a Secret of somebody else has the name of ours in the bake', baking, foreignSecret],
    ['a quota is full in mid-canary', midCanary, fullQuota],
    ['a quota is full in the bake', baking, fullQuota],
  ] as const;

  it(`holds up no rollback: ${upsets.map(([how]) => how).join(', or ')}`, async () => {
    await Promise.all(
      upsets.map(async ([, scene, upset]) => {
        const canary = await scene();
        await upset(canary);
        canary.cast(bad);
        await canary.untilHeld('RolledBack', 'AnalysisFailed');
        await canary.untilServes('telco-1');
        await untilNobodyIsSentTo('telco-2', canary);
        expectUnharmed(canary);
      }),
    );
  });
});

/** Waits until no pod is told to send rows to this revision. */
async function untilNobodyIsSentTo(revision: string, { story }: CanaryStory): Promise<void> {
  await until(`nobody is sent to ${revision}`, async () => {
    const told = (await story.list('Pod')).map(({ metadata }) => metadata.annotations?.[annotations.routing] ?? '');
    return told.every((text) => !text.includes(`"revision":"${revision}"`));
  });
}

describe('a revision that somebody deletes', () => {
  it('in mid-canary gets no rows any more, and the next one is made and rolled out', async () => {
    const canary = await midCanary();
    await canary.story.remove('ChurnModelRevision', 'telco-2');
    await untilNobodyIsSentTo('telco-2', canary);
    await canary.untilHeld('Canary', 'AwaitingApproval', 'telco-3');
    await canary.verdict('approve-2', 'telco-3');
    await canary.untilStage('Complete', 'telco-3');
    await canary.untilServes('telco-3');
    lab.clock.advance(RETIREMENT_MS);
    await canary.story.poke();
    await canary.untilOnly('telco-3');
    await untilNobodyIsSentTo('telco-2', canary);
    expect(canary.currents()).toEqual(['telco-1', 'telco-3']);
    expectUnharmed(canary);
  });

  it('in its bake gives back to the one before what it had, when the spec is again what that was made of', async () => {
    const canary = await baking();
    const podsBefore = await canary.podNames('telco-1');
    await canary.story.remove('ChurnModelRevision', 'telco-2');
    await canary.spec({ training: null });
    await canary.untilServes('telco-1');
    await untilNobodyIsSentTo('telco-2', canary);
    await canary.story.untilReady('telco-1');
    await canary.untilOnly('telco-1');
    expect(await canary.podNames('telco-1')).toEqual(podsBefore);
    expectUnharmed(canary);
  });
});
