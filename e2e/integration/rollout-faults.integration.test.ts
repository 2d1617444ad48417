import { annotations, Routing, servingMetrics } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Death } from '../faults/crashing-client.js';
import { tellAll } from '../faults/deaths.js';
import { CanaryStory, hastyLongBake, quickRollout } from '../harness/canary-story.js';
import { long, repetitions } from '../harness/fault-scale.js';
import { textAt } from '../harness/kube-object.js';
import { hastyClock } from '../harness/lab-clock.js';
import { metricSum } from '../harness/metric-sum.js';
import { OperatorLab, type OperatorOptions, type RunningOperator, type Story } from '../harness/operator-lab.js';
import { printFigure } from '../harness/print-figure.js';
import { isReady } from '../harness/ready-model.js';
import { untilEnd, untilQuiet } from '../harness/same-end.js';
import { until } from '../harness/until.js';

const byApproval = {
  steps: quickRollout.steps.map((step) => ({ ...step, approval: 'Required' })),
  rollback: { bakeSeconds: 3_600 },
};
/** Time limit of a test with dozens of stories, in ms: it only ends a hang. */
const MANY_STORIES_MS = long ? 14_400_000 : 1_500_000;
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

function operate(story: Story, options: Omit<OperatorOptions, 'namespace'> = {}): Promise<RunningOperator> {
  return lab.startOperator({ namespace: story.namespace, ...options });
}

async function addresses(canary: CanaryStory): Promise<string[]> {
  return (await canary.pods('telco-1')).map((pod) => textAt(pod, 'status', 'podIP'));
}

async function pagesOf(routers: readonly string[]): Promise<string> {
  const pages = routers.map(async (address) => (await fetch(`http://${address}:9090/metrics`)).text());
  return (await Promise.all(pages)).join('');
}

/** Rows that pods of the first revision have sent to pods of the second one so far. */
async function rowsOfCandidate(canary: CanaryStory): Promise<number> {
  return metricSum(await pagesOf(await addresses(canary)), servingMetrics.forwarded.name, { group: 'Candidate' });
}

/** Waits until no pod of the first revision is told to send rows to another one. */
async function untilNobodyIsSentAway(canary: CanaryStory): Promise<void> {
  await until('nothing is told to go elsewhere', async () => (await canary.sharesTold()).every((share) => share === 0));
}

/** What the routers at these addresses say that they act on, as sequence and share in percent. */
async function acknowledged(routers: readonly string[]): Promise<string[]> {
  const pages = await Promise.all(routers.map((address) => pagesOf([address])));
  return pages.map((page) => /sequence="(\d+)",percent="(\d+)"/.exec(page)?.slice(1).join() ?? '');
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
    await Promise.all(
      (
        [
          [{}, 'Complete', ['telco-1', 'telco-2']],
          [{ 'telco-2': { failing: 0.3 } }, 'RolledBack', ['telco-1']],
        ] as const
      ).map(async ([cast, end, currents]) => {
        const operators: RunningOperator[] = [];
        const canary = await CanaryStory.begin(lab, { cast }, async (story) => {
          for (const lease of ['one', 'two']) operators.push(await operate(story, { lease }));
        });
        await canary.change();
        await canary.untilStage(end);
        await canary.untilServes(currents.at(-1) ?? '');
        expect(canary.currents()).toEqual(currents);
        if (end === 'RolledBack') await untilNobodyIsSentAway(canary);
        expectUnharmed(canary);
        await Promise.all(operators.map((operator) => operator.stop()));
      }),
    );
  });
});

describe('a write of a leader that is none any more', () => {
  /** Those that may send users to a revision. */
  const dangerous = [
    { moment: 'late', write: 3, of: 'patch Pod' },
    { moment: 'late', write: 1, of: 'scale Deployment' },
    { moment: 'late', write: 1, of: 'apply Service' },
    { moment: 'late', write: 6, of: 'update the status of ChurnModelRevision' },
  ] as const;

  async function served(): Promise<CanaryStory> {
    let first: RunningOperator | undefined;
    const canary = await CanaryStory.begin(lab, { rollout: hastyLongBake }, async (story) => {
      first = await operate(story, { clock: hastyClock() });
    });
    await first?.stop();
    return canary;
  }

  /** At all that an operator writes until the second revision has taken over. */
  async function allDeaths(): Promise<readonly Death[]> {
    const canary = await served();
    const operator = await operate(canary.story, { clock: hastyClock() });
    await canary.change();
    await canary.untilServes('telco-2');
    await operator.stop();
    return operator.life.writes.map((_, index): Death => ({ moment: 'late', write: index + 1 }));
  }

  /** The write is on its way while another leader finds the revision bad, and rolls it back; then it arrives. */
  async function late(death: Death): Promise<string> {
    const canary = await served();
    const { story } = canary;
    const clock = hastyClock();
    const former = await operate(story, { clock, death });
    await canary.change();
    await until(
      'the former leader is dead, or has written what there was to write',
      async () => former.life.dead || isReady(await story.get('ChurnModel', 'telco'), 'telco-2'),
    );
    const { dead } = former.life;
    if (!dead) await former.stop();
    canary.cast({ 'telco-2': { failing: 0.5 } });
    await lab.expireLease(story.namespace);
    const leader = await operate(story, { clock });
    await canary.untilHeld('RolledBack', 'AnalysisFailed');
    await canary.untilOnly('telco-1');
    const settled = await untilQuiet(lab, story, leader);
    const rows = await rowsOfCandidate(canary);
    const isTaken = await former.life.arrive();
    await untilNobodyIsSentAway(canary);
    await untilEnd(lab, story, settled);
    expect(await rowsOfCandidate(canary)).toBe(rows);
    expect(canary.currents().at(-1)).toBe('telco-1');
    expectUnharmed(canary);
    await leader.stop();
    if (dead) await former.stop();
    await lab.forget(story);
    return `${dead ? (former.life.writes.at(-1) ?? '') : 'nothing'}: ${isTaken ? 'taken' : 'refused'}`;
  }

  it(
    'brings no rows back to a revision that was rolled back meanwhile, whichever write it is',
    async () => {
      const arrived: string[] = [];
      await tellAll(long ? await allDeaths() : dangerous, async (death) => {
        try {
          arrived.push(await late(death));
        } catch (cause) {
          throw new Error(`Late was write ${death.write} ${death.of ?? ''}`, { cause });
        }
      });
      for (const how of new Set(arrived)) {
        printFigure(`R2 late writes, ${how}`, arrived.filter((one) => one === how).length, '');
      }
    },
    MANY_STORIES_MS,
  );
});

describe('an API server that is away in mid-canary', () => {
  it('delays verdicts, and nothing else: what routers do keeps users from harm', async () => {
    const operators: RunningOperator[] = [];
    const begun = () =>
      CanaryStory.begin(lab, { rollout: { ...byApproval, rollback: { bakeSeconds: 3 } } }, async (story) => {
        operators.push(await operate(story));
      });
    const [good, bad] = await Promise.all([begun(), begun()]);
    const midCanary = async (canary: CanaryStory) => {
      await canary.change();
      await canary.untilHeld('Shadow', 'AwaitingApproval');
      await canary.verdict('approve-1');
      await canary.untilHeld('Canary', 'AwaitingApproval');
      return addresses(canary);
    };
    const [beside, shielding] = await Promise.all([midCanary(good), midCanary(bad)]);
    await lab.controlPlane.stopApiServer();
    bad.cast({ 'telco-2': { failing: 0.3 } });
    await sleep(OUTAGE_MS);
    for (const routers of [beside, shielding]) {
      expect((await acknowledged(routers)).map((text) => text.split(',')[1])).toEqual(['20', '20']);
    }
    const pages = await pagesOf(shielding);
    expect(
      metricSum(pages, servingMetrics.forwarded.name, { group: 'Candidate', outcome: 'Malformed' }),
    ).toBeGreaterThan(0);
    expect(metricSum(pages, servingMetrics.requests.name, { code: '500' })).toBe(0);
    await lab.controlPlane.startApiServer();
    await good.verdict('approve-2');
    await Promise.all([good.untilStage('Complete'), bad.untilHeld('RolledBack', 'AnalysisFailed')]);
    await Promise.all([good.untilServes('telco-2'), bad.untilServes('telco-1')]);
    await untilNobodyIsSentAway(bad);
    for (const canary of [good, bad]) expectUnharmed(canary);
    await Promise.all(operators.map((operator) => operator.stop()));
  });
});
