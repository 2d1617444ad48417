import { annotations, Routing } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { CanaryStory, quickRollout } from '../harness/canary-story.js';
import { repetitions } from '../harness/fault-scale.js';
import { textAt } from '../harness/kube-object.js';
import { OperatorLab, type RunningOperator, type Story } from '../harness/operator-lab.js';
import { until } from '../harness/until.js';

const byApproval = {
  steps: quickRollout.steps.map((step) => ({ ...step, approval: 'Required' })),
  rollback: { bakeSeconds: 3_600 },
};
const OUTAGE_MS = repetitions({ short: 8_000, long: 60_000 });
/** So long an operator that was to do something would have done it: some looks. */
const SOME_LOOKS_MS = 4_000;

let lab: OperatorLab;

beforeAll(async () => {
  lab = await OperatorLab.start();
});

afterAll(async () => {
  await lab.stop();
});

function operate(story: Story, lease?: string): Promise<RunningOperator> {
  return lab.startOperator({ namespace: story.namespace, ...(lease !== undefined && { lease }) });
}

async function addresses(canary: CanaryStory): Promise<string[]> {
  return (await canary.pods('telco-1')).map((pod) => textAt(pod, 'status', 'podIP'));
}

/** What the routers at these addresses say that they act on, as sequence and share in percent. */
async function acknowledged(routers: readonly string[]): Promise<string[]> {
  const pages = routers.map(async (address) => (await fetch(`http://${address}:9090/metrics`)).text());
  return (await Promise.all(pages)).map((page) => /sequence="(\d+)",percent="(\d+)"/.exec(page)?.slice(1).join() ?? '');
}

function expectUnharmed(canary: CanaryStory): void {
  expect(canary.outages()).toBe(0);
  expect(canary.story.flaws()).toEqual([]);
}

describe('an operator that is restarted', () => {
  it('goes on where it was, in every stage', async () => {
    let operator: RunningOperator | undefined;
    const canary = await CanaryStory.begin(lab, { rollout: byApproval }, async (story) => {
      operator = await operate(story);
    });
    const restart = async () => {
      await operator?.stop();
      operator = await operate(canary.story);
      await sleep(SOME_LOOKS_MS);
    };
    await canary.change();
    for (const [step, stage] of [
      [1, 'Shadow'],
      [2, 'Canary'],
    ] as const) {
      const held = await canary.untilHeld(stage, 'AwaitingApproval');
      const routers = await addresses(canary);
      const told = await acknowledged(routers);
      await restart();
      expect(await acknowledged(routers)).toEqual(told);
      expect(await canary.untilHeld(stage, 'AwaitingApproval')).toMatchObject({ sequence: held.sequence });
      await canary.verdict(`approve-${step}`);
    }
    const baking = await canary.untilStage('Baking');
    await restart();
    expect(await canary.untilStage('Baking')).toMatchObject({ sequence: baking.sequence });
    expect(await canary.selected()).toBe('telco-2');
    expect(await canary.podNames('telco-1')).toHaveLength(2);
    await canary.spec({ rollout: quickRollout });
    await canary.untilStage('Complete');
    await canary.untilServes('telco-2');
    expectUnharmed(canary);
    await operator?.stop();
  });
});

describe('a leader that is none any more', () => {
  it('changes nothing by a late word to the routers', async () => {
    let operator: RunningOperator | undefined;
    const canary = await CanaryStory.begin(lab, { rollout: byApproval }, async (story) => {
      operator = await operate(story);
    });
    await canary.change();
    await canary.untilHeld('Shadow', 'AwaitingApproval');
    const routers = await addresses(canary);
    const told = await acknowledged(routers);
    const pods = await canary.pods('telco-1');
    for (const { metadata } of pods) {
      const { candidate, ...told } = Routing.parse(JSON.parse(metadata.annotations?.[annotations.routing] ?? ''));
      const late = { ...told, sequence: told.sequence - 1, candidate: { ...candidate, percent: 100, mode: 'Answer' } };
      await canary.story.patch('Pod', metadata.name, {
        metadata: { annotations: { [annotations.routing]: JSON.stringify(late) } },
      });
    }
    await until('the routers are told the newest decision again', async () => {
      const again = await canary.pods('telco-1');
      return again.every(
        ({ metadata }, index) =>
          metadata.annotations?.[annotations.routing] === pods[index]?.metadata.annotations?.[annotations.routing],
      );
    });
    expect(await acknowledged(routers)).toEqual(told);
    await operator?.stop();
  });

  it('does no harm while both believe that they lead', async () => {
    const operators: RunningOperator[] = [];
    const canary = await CanaryStory.begin(lab, {}, async (story) => {
      for (const lease of ['one', 'two']) operators.push(await operate(story, lease));
    });
    await canary.change();
    await canary.untilStage('Complete');
    await canary.untilServes('telco-2');
    expect(canary.currents()).toEqual(['telco-1', 'telco-2']);
    expectUnharmed(canary);
    await Promise.all(operators.map((operator) => operator.stop()));
  });
});

describe('an API server that is away in mid-canary', () => {
  it.each([
    ['good', {}, 'Complete', 'telco-2'],
    ['bad', { 'telco-2': { failing: 0.3 } }, 'RolledBack', 'telco-1'],
  ] as const)('delays the verdict on a %s revision, and nothing else', async (_, cast, end, survivor) => {
    let operator: RunningOperator | undefined;
    const canary = await CanaryStory.begin(
      lab,
      { rollout: { ...byApproval, rollback: { bakeSeconds: 3 } } },
      async (story) => {
        operator = await operate(story);
      },
    );
    await canary.change();
    await canary.untilHeld('Shadow', 'AwaitingApproval');
    await canary.verdict('approve-1');
    await canary.untilHeld('Canary', 'AwaitingApproval');
    const routers = await addresses(canary);
    await lab.controlPlane.stopApiServer();
    canary.cast(cast);
    await sleep(OUTAGE_MS);
    expect((await acknowledged(routers)).map((text) => text.split(',')[1])).toEqual(['20', '20']);
    await lab.controlPlane.startApiServer();
    if (end === 'Complete') await canary.verdict('approve-2');
    await canary.untilStage(end);
    await canary.untilServes(survivor);
    expectUnharmed(canary);
    await operator?.stop();
  });
});
