import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CanaryStory, quickRollout } from '../harness/canary-story.js';
import { at, conditionsOf, type KubeObject, textAt } from '../harness/kube-object.js';
import { OperatorLab } from '../harness/operator-lab.js';
import { revisionOf, type ServingPlay } from '../harness/played-kubelet.js';
import type { Conduct } from '../harness/played-router.js';
import { repositoryRoot } from '../harness/repository-root.js';
import { until } from '../harness/until.js';

/** Passes on some dozens of rows, as held-out rows come at a few a second. */
const fewRows = {
  shadowSamples: 20,
  steps: [{ percent: 50, minSeconds: 1 }],
  analysis: { intervalSeconds: 1, failures: { passMargin: '0.2' }, latency: { passMargin: '0.2' } },
};
/** Nothing moves on before somebody says so. */
const byApproval = {
  steps: [
    { percent: 20, minSeconds: 1, approval: 'Required' },
    { percent: 50, minSeconds: 1, approval: 'Required' },
  ],
};
/** So long an operator that was to do something would have done it: some looks. */
const SOME_LOOKS_MS = 4_000;

/** So long pods stay after the Service has moved on. */
const RETIREMENT_MS = 60_000;

let lab: OperatorLab;

beforeAll(async () => {
  lab = await OperatorLab.start();
  await lab.startOperator();
});

afterAll(async () => {
  await lab.stop();
});

function untilModel(canary: CanaryStory, type: string, status: string, reason: string): Promise<KubeObject> {
  return canary.story.untilCondition(type, status, reason);
}

/** What holds after every rollout, however it ended: users never noticed, and every status was right. */
function expectUnharmed(canary: CanaryStory): void {
  expect(canary.outages()).toBe(0);
  expect(canary.story.flaws()).toEqual([]);
}

/** After a rollback before the Service moved: everything is as it was before. */
async function expectBack(canary: CanaryStory, podsBefore: readonly string[]): Promise<void> {
  await canary.untilOnly('telco-1');
  expect(await canary.podNames('telco-1')).toEqual(podsBefore);
  expect(canary.currents()).toEqual(['telco-1']);
  await until('nothing is told to go elsewhere', async () => (await canary.sharesTold()).every((share) => share === 0));
  expectUnharmed(canary);
}

function notReadyWhere(revision: string, play: ServingPlay) {
  return (pod: KubeObject): ServingPlay => (revisionOf(pod) === revision ? play : { kind: 'ready' });
}

describe('a good revision', () => {
  it('passes shadow, steps, full traffic and bake, and then serves alone', async () => {
    const canary = await CanaryStory.begin(lab);
    await canary.change();
    const rollout = await canary.untilStage('Complete');
    await canary.untilServes('telco-2');
    lab.clock.advance(RETIREMENT_MS);
    await canary.story.poke();
    await canary.untilOnly('telco-2');
    const model = await canary.story.untilReady('telco-2');

    expect(rollout).toMatchObject({ attempt: 1, percent: 100, previousRevision: 'telco-1' });
    expect(rollout.endTime).toBeDefined();
    expect(conditionsOf(model)).toMatchObject({
      Promoted: { status: 'True', reason: 'AnalysisPassed' },
      Available: { status: 'True' },
    });
    expect(at(model, 'status')).toMatchObject({ stage: 'Serving', current: { revision: 'telco-2', readyReplicas: 2 } });
    expect(at(model, 'status', 'candidate')).toBeUndefined();
    expect(at(model, 'status', 'previous')).toBeUndefined();
    expect(await canary.podNames('telco-2')).toHaveLength(2);
    expect(canary.currents()).toEqual(['telco-1', 'telco-2']);
    await canary.untilEvent('RolloutStarted');
    await canary.untilEvent('Promoted');
    expectUnharmed(canary);
  });

  it('passes on held-out rows where there is no traffic at all', async () => {
    const canary = await CanaryStory.begin(lab, { rowsPerSecond: 0, rollout: { ...fewRows, replay: 'Auto' } });
    await canary.change();
    await canary.untilStage('Complete');
    await canary.untilServes('telco-2');
    const model = await canary.story.untilReady('telco-2');
    expect(conditionsOf(model)['Promoted']).toMatchObject({ status: 'True', reason: 'PassedOnReplay' });
    expectUnharmed(canary);
  });

  it('is the only one, where there was none before: it serves without a canary', async () => {
    const canary = await CanaryStory.begin(lab);
    expect(conditionsOf(await canary.story.get('ChurnModel', 'telco'))['Promoted']).toMatchObject({ status: 'True' });
    expect(canary.currents()).toEqual(['telco-1']);
  });
});

describe('a bad revision', () => {
  const wrong: readonly (readonly [string, Conduct, check: string])[] = [
    ['answers with garbage', { failing: 1 }, 'failures'],
    ['answers with errors', { failing: 1, outcome: 'Refused' }, 'failures'],
    ['hangs', { failing: 1, outcome: 'Timeout' }, 'latency'],
    ['cannot be reached', { failing: 1, outcome: 'BreakerOpen' }, 'failures'],
    ['fails one row in five', { failing: 0.2 }, 'failures'],
    ['decides otherwise about most customers', { flipping: 0.9 }, 'decision-flips'],
    ['scores all customers alike', { bins: [11] }, 'score-shift'],
  ];

  it(`is rolled back when it ${wrong.map(([how]) => how).join(', or ')}`, async () => {
    await Promise.all(
      wrong.map(async ([how, conduct, check]) => {
        const canary = await CanaryStory.begin(lab, { cast: { 'telco-2': conduct } });
        const podsBefore = await canary.podNames('telco-1');
        await canary.change();
        const rollout = await canary.untilHeld('RolledBack', 'AnalysisFailed');
        expect([how, rollout.message]).toEqual([how, expect.stringContaining(check)]);
        expect(rollout.percent).toBe(0);

        const model = await untilModel(canary, 'Stalled', 'True', 'RolledBack');
        expect(conditionsOf(model)).toMatchObject({
          Ready: { status: 'False', reason: 'RolledBack' },
          Available: { status: 'True' },
          Promoted: { status: 'False', reason: 'AnalysisFailed' },
        });
        expect(at(model, 'status', 'stage')).toBe('RolledBack');
        await expectBack(canary, podsBefore);
        await canary.untilEvent('AnalysisFailed');
        await canary.untilEvent('RolledBack');
      }),
    );
  });

  it('is rolled back by held-out rows where there is no traffic at all', async () => {
    const canary = await CanaryStory.begin(lab, {
      rowsPerSecond: 0,
      rollout: { ...fewRows, replay: 'Auto' },
      cast: { 'telco-2': { failing: 1 } },
    });
    const podsBefore = await canary.podNames('telco-1');
    await canary.change();
    await canary.untilHeld('RolledBack', 'AnalysisFailed');
    await untilModel(canary, 'Promoted', 'False', 'AnalysisFailed');
    await expectBack(canary, podsBefore);
  });

  it('that never starts, or is never ready, is rolled back when its time is over', async () => {
    const plays: readonly ServingPlay[] = [
      { kind: 'waiting', reason: 'CrashLoopBackOff', message: 'back-off restarting' },
      { kind: 'hold' },
    ];
    await Promise.all(
      plays.map(async (play) => {
        const canary = await CanaryStory.begin(lab, { rollout: { progressDeadlineSeconds: 30 } });
        canary.story.direct({ serving: notReadyWhere('telco-2', play) });
        const podsBefore = await canary.podNames('telco-1');
        await canary.change();
        const { message } = await canary.untilHeld('RolledBack', 'ProgressDeadlineExceeded');
        expect(message).toContain(play.kind === 'waiting' ? play.reason : 'not ready');
        await untilModel(canary, 'Promoted', 'False', 'ProgressDeadlineExceeded');
        await expectBack(canary, podsBefore);
      }),
    );
  });

  it('that turns bad after it was promoted is rolled back in the bake', async () => {
    const canary = await CanaryStory.begin(lab, { rollout: { rollback: { bakeSeconds: 3_600 } } });
    await canary.change();
    await canary.untilStage('Baking');
    await canary.story.untilReady('telco-2');
    expect(await canary.selected()).toBe('telco-2');
    expect(await canary.podNames('telco-1')).toHaveLength(2);

    canary.cast({ 'telco-2': { failing: 0.5 } });
    await canary.untilHeld('RolledBack', 'AnalysisFailed');
    const model = await untilModel(canary, 'Promoted', 'False', 'LateRollback');
    expect(conditionsOf(model)['Ready']).toMatchObject({ status: 'False', reason: 'RolledBack' });
    await canary.untilServes('telco-1');
    expect(canary.currents()).toEqual(['telco-1', 'telco-2', 'telco-1']);
    expectUnharmed(canary);
  });
});

describe('a person', () => {
  /** Runs the command that a message tells. */
  async function obey(canary: CanaryStory, message: string): Promise<void> {
    const [command = ''] = /kubectl [^`\n"]*churnops\.dev\/verdict=[-a-z0-9]+/.exec(message) ?? [];
    expect(command).not.toBe('');
    const words = command.split(/\s+/).slice(1);
    await promisify(execFile)(join(repositoryRoot(), '.cache', 'bin', 'kubectl'), [
      `--kubeconfig=${lab.controlPlane.kubeconfig}`,
      `--cache-dir=${lab.controlPlane.folder}/kubectl`,
      `--namespace=${canary.story.namespace}`,
      ...words,
    ]);
  }

  it('approves each step with the command that the status tells', async () => {
    const canary = await CanaryStory.begin(lab, { rollout: byApproval });
    await canary.change();
    for (const [step, stage, share] of [
      [1, 'Shadow', 20],
      [2, 'Canary', 20],
    ] as const) {
      const held = await canary.untilHeld(stage, 'AwaitingApproval');
      expect(held).toMatchObject({ step: step - 1, percent: share });
      expect(await canary.sharesTold()).toEqual([share, share]);
      // The model tells it a moment after the revision has recorded it.
      const told = await canary.story.untilModel(`tells how to approve step ${step}`, (model) => {
        const { reason, message = '' } = conditionsOf(model)['Reconciling'] ?? {};
        return reason === 'AwaitingApproval' && message.includes(`approve-${step}`);
      });
      await obey(canary, textAt(conditionsOf(told)['Reconciling'], 'message'));
    }
    const { verdicts = [] } = await canary.untilStage('Complete');
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['approve-1', 'approve-2']);
    expect(verdicts.map(({ manager }) => manager)).toEqual(['kubectl-annotate', 'kubectl-annotate']);
    await canary.untilServes('telco-2');
    expectUnharmed(canary);
  });

  it('rejects a revision, and lets it try again', async () => {
    const canary = await CanaryStory.begin(lab, { rollout: byApproval });
    const podsBefore = await canary.podNames('telco-1');
    await canary.change();
    await canary.untilHeld('Shadow', 'AwaitingApproval');
    await canary.verdict('reject');
    await canary.untilHeld('RolledBack', 'Rejected');
    await untilModel(canary, 'Promoted', 'False', 'Rejected');
    await expectBack(canary, podsBefore);

    await canary.spec({ rollout: quickRollout });
    await canary.verdict('retry-2');
    const rollout = await canary.untilRollout(
      'is complete in its second attempt',
      ({ stage, attempt }) => stage === 'Complete' && attempt === 2,
    );
    expect(rollout.message).not.toContain('rejected');
    await canary.untilServes('telco-2');
    expectUnharmed(canary);
  });

  it('suspends a model in mid-canary: shares stay as they are until it goes on', async () => {
    const canary = await CanaryStory.begin(lab, {
      rollout: { steps: [quickRollout.steps[0], { ...quickRollout.steps[1], approval: 'Required' }] },
    });
    await canary.change();
    await canary.untilHeld('Canary', 'AwaitingApproval');
    await canary.spec({ suspend: true });
    await untilModel(canary, 'Ready', 'False', 'Suspended');
    await canary.verdict('approve-2');
    await sleep(SOME_LOOKS_MS);
    expect(await canary.untilStage('Canary')).toMatchObject({ step: 1, percent: 20 });
    expect(await canary.sharesTold()).toEqual([20, 20]);

    await canary.spec({ suspend: false });
    await canary.untilStage('Complete');
    await canary.untilServes('telco-2');
    expectUnharmed(canary);
  });

  it('changes the spec in mid-canary: the newest revision is rolled out instead', async () => {
    const canary = await CanaryStory.begin(lab, { rollout: byApproval });
    await canary.change(7);
    await canary.untilHeld('Shadow', 'AwaitingApproval');
    await canary.verdict('approve-1');
    await canary.untilHeld('Canary', 'AwaitingApproval');
    await canary.change(8);
    await canary.untilHeld('Shadow', 'AwaitingApproval', 'telco-3');
    await until(
      'telco-2 has no pods',
      async () => (await canary.story.names('Deployment')).join() === 'telco-1,telco-3',
    );

    await canary.spec({ rollout: quickRollout });
    await canary.untilStage('Complete', 'telco-3');
    await canary.untilServes('telco-3');
    expect(canary.currents()).toEqual(['telco-1', 'telco-3']);
    expectUnharmed(canary);
  });

  it('pins the revision before, and lets go of it', async () => {
    const canary = await CanaryStory.begin(lab);
    await canary.change();
    await canary.untilStage('Complete');
    await canary.untilServes('telco-2');

    await canary.spec({ rollout: { ...quickRollout, pinnedRevision: 'telco-1' } });
    await canary.untilServes('telco-1');
    await untilModel(canary, 'Promoted', 'False', 'Pinned');
    const model = await canary.story.untilModel('is pinned', (now) => at(now, 'status', 'stage') === 'Pinned');
    expect(at(model, 'status')).toMatchObject({ current: { revision: 'telco-1', readyReplicas: 2 } });
    await canary.change(9);
    await sleep(SOME_LOOKS_MS);
    expect(await canary.story.names('ChurnModelRevision')).toEqual(['telco-1', 'telco-2']);

    await canary.spec({ rollout: { ...quickRollout, pinnedRevision: '' } });
    await canary.untilStage('Complete', 'telco-3');
    await canary.untilServes('telco-3');
    expectUnharmed(canary);
  });
});

describe('a revision that serves, and loses all its pods in a rollout', () => {
  it('is taken over from', async () => {
    const canary = await CanaryStory.begin(lab, { rollout: byApproval });
    await canary.change();
    await canary.untilHeld('Shadow', 'AwaitingApproval');
    canary.story.direct({ serving: notReadyWhere('telco-1', { kind: 'hold' }) });
    await canary.story.untilModel(
      'is available again',
      (model) => conditionsOf(model)['Available']?.reason === 'TakenOver',
    );
    expect(await canary.selected()).toBe('telco-2');
    expect(canary.story.flaws()).toEqual([]);
  });
});
