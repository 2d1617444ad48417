import type { RolloutStage, RolloutStatus } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PlayedCluster } from '../../fixtures/played-cluster.js';
import type { Behaviour } from '../../fixtures/played-router.js';
import { anyStep, settle, shortRollout } from '../../fixtures/rollout-history.js';
import { RolloutWatch } from '../../fixtures/rollout-watch.js';

const isLong = process.env['CHURNOPS_FAULTS'] === 'long';

/** A model whose first revision serves, and what watches it. */
function played(rollout: object = {}) {
  const spec = { rollout: { ...shortRollout, ...rollout }, serving: { access: { authentication: 'None' } } };
  const cluster = new PlayedCluster(spec);
  const watch = new RolloutWatch(cluster);
  cluster.run(15);
  expect(ready(cluster)).toMatchObject({ status: 'True' });
  return { cluster, watch };
}

function rolloutOf(cluster: PlayedCluster, number: number): Partial<RolloutStatus> {
  return cluster.revision(number)?.status?.rollout ?? {};
}

function condition(cluster: PlayedCluster, type: string) {
  return cluster.world.model.status?.conditions?.find((each) => each.type === type);
}

function ready(cluster: PlayedCluster) {
  return condition(cluster, 'Ready');
}

/** Waits until the rollout of a revision is at a stage. */
function reaches(cluster: PlayedCluster, number: number, stage: RolloutStage): void {
  const isThere = cluster.run(400, () => rolloutOf(cluster, number).stage === stage);
  const { stage: last, message } = rolloutOf(cluster, number);
  expect({ isThere, stage, last, message }).toMatchObject({ isThere: true });
}

/** The stages that the rollout of a revision goes through until time is up, without repetitions. */
function stagesOf(cluster: PlayedCluster, number: number, seconds: number): string[] {
  const stages: string[] = [];
  cluster.run(seconds, () => {
    const { stage = '' } = rolloutOf(cluster, number);
    if (stage !== '' && stage !== stages.at(-1)) stages.push(stage);
    return false;
  });
  return stages;
}

function deployments(cluster: PlayedCluster): string[] {
  return cluster.world.deployments.map(({ name }) => name).toSorted();
}

const byApproval = [
  { percent: 10, minSeconds: 5 },
  { percent: 50, minSeconds: 5, approval: 'Required' },
];

function awaitsApproval(cluster: PlayedCluster): void {
  expect(cluster.run(400, () => rolloutOf(cluster, 2).reason === 'AwaitingApproval')).toBe(true);
  cluster.run(2);
}

/** The command that people are told, as they would copy it. */
function toldCommand(cluster: PlayedCluster): string {
  const messages = ['Stalled', 'Reconciling'].map((type) => condition(cluster, type)?.message ?? '');
  return /kubectl annotate .*$/.exec(messages.join(''))?.[0] ?? '';
}

/** For so long nobody looks. */
function stop(cluster: PlayedCluster, how: 'suspended' | 'without an operator', seconds: number): void {
  if (how === 'suspended') cluster.edit({ suspend: true });
  else cluster.leave(seconds);
  cluster.run(seconds);
  cluster.edit({ suspend: false });
}

const onTheWay: readonly RolloutStage[] = ['Shadow', 'Canary', 'Full'];

describe('a rollout in a cluster', () => {
  it('of a good candidate goes through all stages, and leaves only its pods', () => {
    const { cluster, watch } = played();
    cluster.change(1, 'Good');
    expect(stagesOf(cluster, 2, 200)).toEqual(['Shadow', 'Canary', 'Full', 'Baking', 'Complete']);
    expect(settle(cluster)).toEqual([]);
    expect([cluster.service, deployments(cluster)]).toEqual(['telco-2', ['telco-2']]);
    expect(watch.violations).toEqual([]);
  });

  it.each([
    ['fewer', [50]],
    ['more', [5, 10, 25, 60]],
    ['larger', [90, 95]],
  ])('goes on when its steps become %s on the way', (_, percents) => {
    for (const stage of ['Shadow', 'Canary', 'Full'] as const) {
      const { cluster, watch } = played();
      cluster.change(1, 'Good');
      reaches(cluster, 2, stage);
      cluster.editRollout({ steps: percents.map((percent) => ({ percent, minSeconds: 5 })) });
      expect([stage, settle(cluster)]).toEqual([stage, []]);
      expect([stage, cluster.service, watch.violations]).toEqual([stage, 'telco-2', []]);
    }
  });

  it('keeps the way back of a bake while no pod of the new revision is ready', () => {
    const { cluster, watch } = played({ rollback: { bakeSeconds: 40 } });
    cluster.change(1, 'Good');
    reaches(cluster, 2, 'Baking');
    cluster.run(30);
    cluster.turn('telco-2', 'NeverReady');
    cluster.fail('telco-2', 600);
    reaches(cluster, 2, 'RolledBack');
    cluster.run(10);
    expect(cluster.service).toBe('telco-1');
    expect(watch.violations).toEqual([]);
  });

  it('goes back within seconds from a bake without ready pods, however seldom pods are read', () => {
    const { cluster } = played({
      analysis: { intervalSeconds: 300 },
      rollback: { bakeSeconds: 3_600 },
      shadowSamples: 0,
    });
    cluster.change(1, 'Good');
    expect(cluster.run(3_000, () => rolloutOf(cluster, 2).stage === 'Baking')).toBe(true);
    cluster.run(20);
    cluster.fail('telco-2', 600);
    expect(cluster.run(20, () => rolloutOf(cluster, 2).stage === 'RolledBack')).toBe(true);
  });

  it('passes on replayed rows where users send none', () => {
    const { cluster, watch } = played({ shadowSamples: 20 });
    cluster.hasTraffic = false;
    cluster.change(1, 'Good');
    expect(stagesOf(cluster, 2, 1_200).slice(0, 4)).toEqual(['Shadow', 'Canary', 'Full', 'Baking']);
    expect(cluster.revision(2)?.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'Promoted', status: 'True', reason: 'PassedOnReplay' }),
    );
    expect(watch.violations).toEqual([]);
  });

  it.each<[Behaviour, string]>([
    ['Failing', 'AnalysisFailed'],
    ['Slow', 'AnalysisFailed'],
    ['Unreachable', 'AnalysisFailed'],
    ['Crashing', 'CrashLooping'],
    ['NeverReady', 'ProgressDeadlineExceeded'],
  ])('of a candidate that is %s is rolled back, and users never see it', (behaviour, reason) => {
    const { cluster, watch } = played();
    cluster.change(1, behaviour);
    reaches(cluster, 2, 'RolledBack');
    const seconds = cluster.world.now.getTime();
    expect(cluster.run(60, () => deployments(cluster).length === 1)).toBe(true);
    // As soon as routers say so, and not when nobody waits any more.
    expect(cluster.world.now.getTime() - seconds).toBeLessThan(10_000);
    expect(rolloutOf(cluster, 2)).toMatchObject({ reason, percent: 0, acknowledgedPercent: 0 });
    expect(cluster.service).toBe('telco-1');
    expect(ready(cluster)).toMatchObject({ status: 'False', reason: 'RolledBack' });
    expect(settle(cluster)).toEqual([]);
    expect(watch.violations).toEqual([]);
  });

  it.each<[string, (cluster: PlayedCluster) => void, string]>([
    [
      'fails for users',
      (cluster) => {
        cluster.turn('telco-2', 'Failing');
      },
      'AnalysisFailed',
    ],
    [
      'has no ready pod',
      (cluster) => {
        cluster.turn('telco-2', 'NeverReady');
      },
      'NotReady',
    ],
    [
      'is rejected',
      (cluster) => {
        cluster.annotate('telco-2', 'reject');
      },
      'Rejected',
    ],
  ])('is taken back in the bake when the new revision %s', (_, happens, reason) => {
    const { cluster, watch } = played();
    cluster.change(1, 'Good');
    reaches(cluster, 2, 'Baking');
    happens(cluster);
    reaches(cluster, 2, 'RolledBack');
    cluster.run(130);
    expect(rolloutOf(cluster, 2)).toMatchObject({ reason, percent: 0 });
    expect([cluster.service, deployments(cluster)]).toEqual(['telco-1', ['telco-1']]);
    expect(ready(cluster)).toMatchObject({ status: 'False', reason: 'RolledBack' });
    expect(watch.violations).toEqual([]);
  });

  it('is cut short when nothing has answered for a minute', () => {
    const { cluster } = played({ shadowSamples: 1_000_000 });
    cluster.change(1, 'Good');
    cluster.run(20);
    expect(rolloutOf(cluster, 2).stage).toBe('Shadow');
    cluster.turn('telco-1', 'NeverReady');
    cluster.run(50);
    expect(cluster.service).toBe('telco-1');
    cluster.run(30);
    expect(cluster.service).toBe('telco-2');
    expect(condition(cluster, 'Available')).toMatchObject({ status: 'True', reason: 'TakenOver' });
  });

  it('is none where the pods that serve read no routing', () => {
    const { cluster, watch } = played();
    cluster.predate('telco-1');
    cluster.change(1, 'Good');
    expect(settle(cluster)).toEqual([]);
    expect([cluster.service, cluster.revision(2)?.status?.rollout]).toEqual(['telco-2', undefined]);
    expect(watch.violations).toEqual([]);
  });

  it.each(onTheWay)('in stage %s ends when the spec changes, and the next one begins', (stage) => {
    const { cluster, watch } = played();
    cluster.change(1, 'Good');
    reaches(cluster, 2, stage);
    cluster.change(2, 'Good');
    cluster.run(5);
    expect(rolloutOf(cluster, 2)).toMatchObject({ stage: 'RolledBack', reason: 'Superseded', percent: 0 });
    expect(settle(cluster)).toEqual([]);
    expect(cluster.service).toBe('telco-3');
    expect(watch.violations).toEqual([]);
  });

  it.each(onTheWay)('in stage %s ends when the spec is again that of what serves', (stage) => {
    const { cluster, watch } = played();
    cluster.change(1, 'Good');
    reaches(cluster, 2, 'Complete');
    cluster.change(2, 'Good');
    reaches(cluster, 3, stage);
    cluster.change(1, 'Good');
    expect(settle(cluster)).toEqual([]);
    expect(cluster.service).toBe('telco-2');
    expect(rolloutOf(cluster, 3)).toMatchObject({ stage: 'RolledBack', reason: 'Superseded' });
    expect(watch.violations).toEqual([]);
  });

  it('waits for the approval of its step alone', () => {
    const steps = [
      { percent: 10, minSeconds: 5 },
      { percent: 50, minSeconds: 5, approval: 'Required' },
    ];
    const { cluster, watch } = played({ steps });
    cluster.change(1, 'Good');
    cluster.run(100);
    cluster.annotate('telco-2', 'approve-1');
    cluster.run(100);
    expect(rolloutOf(cluster, 2)).toMatchObject({ stage: 'Canary', step: 1, reason: 'AwaitingApproval' });
    expect(condition(cluster, 'Reconciling')).toMatchObject({ reason: 'AwaitingApproval' });
    cluster.annotate('telco-2', 'approve-2');
    reaches(cluster, 2, 'Complete');
    expect(watch.violations).toEqual([]);
  });

  it.each(onTheWay)('in stage %s ends when it is rejected, and begins again when that is asked for', (stage) => {
    const { cluster, watch } = played();
    cluster.change(1, 'Good');
    reaches(cluster, 2, stage);
    cluster.annotate('telco-2', 'reject');
    reaches(cluster, 2, 'RolledBack');
    cluster.annotate('telco-2', 'retry-3');
    cluster.run(130);
    expect(rolloutOf(cluster, 2)).toMatchObject({ stage: 'RolledBack', attempt: 1 });
    cluster.annotate('telco-2', 'retry-2');
    reaches(cluster, 2, 'Complete');
    expect(rolloutOf(cluster, 2).attempt).toBe(2);
    expect(watch.violations).toEqual([]);
  });

  it.each([...onTheWay, 'Baking' as const])(
    'in stage %s ends for a pinned revision, and goes on without the pin',
    (stage) => {
      const { cluster, watch } = played();
      cluster.change(1, 'Good');
      reaches(cluster, 2, 'Complete');
      cluster.change(2, 'Good');
      reaches(cluster, 3, stage);
      cluster.editRollout({ pinnedRevision: 'telco-1' });
      cluster.run(30);
      expect(cluster.service).toBe('telco-1');
      expect(condition(cluster, 'Promoted')).toMatchObject({ status: 'False', reason: 'Pinned' });
      expect(settle(cluster)).toEqual([]);
      expect([cluster.world.model.status?.stage, deployments(cluster)]).toEqual(['Pinned', ['telco-1']]);
      cluster.editRollout({ pinnedRevision: '' });
      expect(settle(cluster)).toEqual([]);
      expect(cluster.service).toBe('telco-3');
      expect(watch.violations).toEqual([]);
    },
  );

  it.each(onTheWay)('in stage %s of the revision that is pinned gives way to its full size', (stage) => {
    const { cluster, watch } = played();
    cluster.change(1, 'Good');
    reaches(cluster, 2, stage);
    cluster.editRollout({ pinnedRevision: 'telco-2' });
    expect(settle(cluster)).toEqual([]);
    expect(cluster.service).toBe('telco-2');
    expect(watch.violations).toEqual([]);
  });

  it('that was rolled back does not bar its revision from being pinned', () => {
    const { cluster, watch } = played();
    cluster.change(1, 'Failing');
    reaches(cluster, 2, 'RolledBack');
    cluster.editRollout({ pinnedRevision: 'telco-2' });
    expect(settle(cluster)).toEqual([]);
    expect(cluster.service).toBe('telco-2');
    expect(watch.violations).toEqual([]);
  });

  it.each([...onTheWay, 'Baking' as const])('in stage %s stands still while suspended, and goes on', (stage) => {
    const { cluster, watch } = played();
    cluster.change(1, 'Good');
    reaches(cluster, 2, stage);
    cluster.edit({ suspend: true });
    cluster.run(300);
    expect(rolloutOf(cluster, 2).stage).toBe(stage);
    cluster.edit({ suspend: false });
    reaches(cluster, 2, 'Complete');
    expect(watch.violations).toEqual([]);
  });

  it.each(onTheWay)('in stage %s gives way when the strategy is Immediate', (stage) => {
    const { cluster, watch } = played();
    cluster.change(1, 'Good');
    reaches(cluster, 2, stage);
    cluster.editRollout({ strategy: 'Immediate' });
    cluster.run(30);
    expect(cluster.service).toBe('telco-2');
    expect(settle(cluster)).toEqual([]);
    expect(watch.violations).toEqual([]);
  });

  it.each([0, 1, 2, 3, 5, 8])('ends in the same way when the operator dies at each %s writes or so', (writes) => {
    const { cluster, watch } = played();
    cluster.change(1, 'Good');
    for (let death = 0; death < 25; death += 1) {
      cluster.dieAfter(writes);
      cluster.run(5);
    }
    cluster.dieAfter(Infinity);
    reaches(cluster, 2, 'Complete');
    expect(settle(cluster)).toEqual([]);
    expect([cluster.service, deployments(cluster)]).toEqual(['telco-2', ['telco-2']]);
    expect(watch.violations).toEqual([]);
  });

  it.each<[string, (cluster: PlayedCluster) => void, (cluster: PlayedCluster) => void]>([
    [
      'a pin and its end',
      (cluster) => {
        cluster.editRollout({ pinnedRevision: 'telco-1' });
      },
      (cluster) => {
        cluster.editRollout({ pinnedRevision: '' });
      },
    ],
    [
      'a change of the spec there and back',
      (cluster) => {
        cluster.change(42, 'Good');
      },
      (cluster) => {
        cluster.change(1, 'Good');
      },
    ],
  ])('waits for the approval of each attempt: after %s', (_, leaves, returns) => {
    const { cluster, watch } = played({ steps: byApproval });
    cluster.change(1, 'Good');
    awaitsApproval(cluster);
    cluster.annotate('telco-2', 'approve-2');
    reaches(cluster, 2, 'Full');
    leaves(cluster);
    reaches(cluster, 2, 'RolledBack');
    cluster.run(70);
    returns(cluster);
    awaitsApproval(cluster);
    expect(rolloutOf(cluster, 2)).toMatchObject({ attempt: 2, step: 1 });
    expect(toldCommand(cluster)).toMatch(/verdict-$/);
    cluster.annotate('telco-2', undefined);
    cluster.run(3);
    expect(toldCommand(cluster)).toMatch(/verdict=approve-2$/);
    cluster.annotate('telco-2', 'approve-2');
    reaches(cluster, 2, 'Complete');
    expect(rolloutOf(cluster, 2).verdicts).toMatchObject([
      { verdict: 'approve-2', attempt: 1 },
      { verdict: 'approve-2', attempt: 2 },
    ]);
    expect(watch.violations).toEqual([]);
  });

  it('takes no approval for its own that was given between two attempts', () => {
    const { cluster } = played({ steps: byApproval });
    cluster.change(1, 'Good');
    reaches(cluster, 2, 'Shadow');
    cluster.editRollout({ pinnedRevision: 'telco-1' });
    cluster.run(100);
    cluster.annotate('telco-2', 'approve-2');
    cluster.run(10);
    cluster.editRollout({ pinnedRevision: '' });
    awaitsApproval(cluster);
    cluster.run(100);
    expect(rolloutOf(cluster, 2)).toMatchObject({ attempt: 2, step: 1, reason: 'AwaitingApproval' });
  });

  it('is rejected again in another attempt, and while a rejection stands', () => {
    const { cluster } = played();
    cluster.change(1, 'Good');
    for (const attempt of [1, 2, 3]) {
      reaches(cluster, 2, 'Shadow');
      expect(rolloutOf(cluster, 2).attempt).toBe(attempt);
      cluster.annotate('telco-2', 'reject');
      reaches(cluster, 2, 'RolledBack');
      expect(toldCommand(cluster)).toMatch(new RegExp(`verdict=retry-${attempt + 1}$`));
      cluster.annotate('telco-2', `retry-${attempt + 1}`);
      cluster.run(2);
    }
    cluster.editRollout({ pinnedRevision: 'telco-1' });
    cluster.run(100);
    cluster.annotate('telco-2', 'reject');
    cluster.editRollout({ pinnedRevision: '' });
    cluster.run(10);
    expect(rolloutOf(cluster, 2)).toMatchObject({ stage: 'RolledBack', attempt: 5, reason: 'Rejected' });
  });

  it('is rejected in its bake by somebody with a name, also when the next revision is wanted', () => {
    const { cluster } = played({ rollback: { bakeSeconds: 3_600 } });
    cluster.change(1, 'Good');
    reaches(cluster, 2, 'Baking');
    cluster.run(10);
    cluster.annotate('telco-2', 'reject');
    cluster.change(2, 'Good');
    cluster.run(5);
    const { stage, verdicts } = rolloutOf(cluster, 2);
    expect([stage, verdicts]).toMatchObject(['RolledBack', [{ verdict: 'reject', manager: 'author of telco-2' }]]);
  });

  it('tells how to approve the step that it waits for, also when the steps were changed', () => {
    const { cluster } = played({ steps: byApproval });
    cluster.change(1, 'Good');
    awaitsApproval(cluster);
    cluster.editRollout({ steps: [{ percent: 60, minSeconds: 5, approval: 'Required' }] });
    cluster.run(10);
    expect(toldCommand(cluster)).toMatch(/verdict=approve-1$/);
    cluster.annotate('telco-2', 'approve-1');
    reaches(cluster, 2, 'Complete');
  });

  it.each([
    ['suspended', 'Shadow'],
    ['suspended', 'Baking'],
    ['without an operator', 'Shadow'],
    ['without an operator', 'Baking'],
  ] as const)('%s in stage %s is not judged by what nobody saw', (how, stage) => {
    const shadowSamples = stage === 'Shadow' ? 1_000_000 : 100;
    const { cluster, watch } = played({ shadowSamples, rollback: { bakeSeconds: 3_600 } });
    cluster.change(1, 'Good');
    reaches(cluster, 2, stage);
    cluster.run(10);
    cluster.fail('telco-2', 602);
    cluster.run(7);
    expect(rolloutOf(cluster, 2)).toMatchObject({ stage, unreadySince: expect.anything() });
    stop(cluster, how, 588);
    cluster.run(30);
    expect(rolloutOf(cluster, 2).stage).not.toBe('RolledBack');
    cluster.fail('telco-2', 600);
    reaches(cluster, 2, 'RolledBack');
    expect(watch.violations).toEqual([]);
  });

  it('goes on from where it was when it is no longer suspended: no step and no bake ends by that time', () => {
    const steps = [{ percent: 10, minSeconds: 300 }];
    const { cluster } = played({ steps, rollback: { bakeSeconds: 300 } });
    cluster.change(1, 'Good');
    for (const [stage, next] of [
      ['Canary', 'Full'],
      ['Baking', 'Complete'],
    ] as const) {
      reaches(cluster, 2, stage);
      cluster.run(100);
      // Also when the operator dies meanwhile.
      cluster.edit({ suspend: true });
      cluster.run(1_000);
      cluster.leave(10);
      cluster.run(1_000);
      cluster.edit({ suspend: false });
      cluster.run(180);
      expect(rolloutOf(cluster, 2).stage).toBe(stage);
      expect(cluster.run(60, () => rolloutOf(cluster, 2).stage === next)).toBe(true);
    }
    expect(rolloutOf(cluster, 2).suspendedTime).toBeUndefined();
  });

  it('does not move the Service to pods that failed while the operator was away', () => {
    const { cluster, watch } = played();
    cluster.change(1, 'Good');
    reaches(cluster, 2, 'Full');
    cluster.freeze('revisions');
    cluster.run(20);
    expect(rolloutOf(cluster, 2).stage).toBe('Baking');
    cluster.fail('telco-2', 6);
    cluster.thaw();
    cluster.run(3);
    expect(cluster.service).toBe('telco-1');
    expect(settle(cluster)).toEqual([]);
    expect(cluster.service).toBe('telco-2');
    expect(watch.violations).toEqual([]);
  });
});

describe('an operator that waits', () => {
  it.each<[string, object, (cluster: PlayedCluster) => void, string]>([
    ['for an approval after a proof', { steps: byApproval }, () => undefined, 'AwaitingApproval'],
    [
      'for an approval after a step that ended by its time',
      {
        steps: byApproval.map((step) => ({ ...step, maxSeconds: 5 })),
        analysis: { failures: { passMargin: '0.000001' } },
      },
      () => undefined,
      'AwaitingApproval',
    ],
    [
      'for an approval after a proof on held-out rows',
      { steps: byApproval },
      (cluster) => {
        cluster.hasTraffic = false;
      },
      'AwaitingApproval',
    ],
    [
      'for the approval of the first step',
      { steps: [{ percent: 10, approval: 'Required' }] },
      () => undefined,
      'AwaitingApproval',
    ],
    [
      'for clients to be changed',
      {},
      (cluster) => {
        cluster.isStricter = true;
      },
      'ContractChanged',
    ],
    [
      'for rows in Shadow',
      { replay: 'Never' },
      (cluster) => {
        cluster.hasTraffic = false;
      },
      'NoData',
    ],
    [
      'for rows in its step',
      { replay: 'Never', steps: [{ percent: 10, minSeconds: 3_000 }] },
      () => undefined,
      'NoData',
    ],
  ])('%s writes nothing when no request comes', (_, rollout, happens, reason) => {
    const { cluster } = played(rollout);
    happens(cluster);
    cluster.change(1, 'Good');
    cluster.run(200);
    cluster.hasTraffic = false;
    cluster.run(30);
    const { writes } = cluster;
    cluster.run(900);
    expect([cluster.writes - writes, rolloutOf(cluster, 2).reason]).toEqual([0, reason]);
  });

  it('for clients to be changed writes nothing, whatever requests come', () => {
    const { cluster } = played();
    cluster.isStricter = true;
    cluster.change(1, 'Good');
    cluster.run(60);
    const { writes } = cluster;
    cluster.run(900);
    expect([cluster.writes - writes, rolloutOf(cluster, 2).reason]).toEqual([0, 'ContractChanged']);
    cluster.annotate('telco-2', 'approve-1');
    reaches(cluster, 2, 'Complete');
  });

  it.each([
    [3_521, true],
    [3_522, false],
  ])('asks for approval of a candidate that was made from %i rows instead of 7,043: %s', (rows, asks) => {
    const { cluster } = played();
    cluster.rows = rows;
    cluster.change(1, 'Good');
    cluster.run(30);
    const { percent, reason, message = '' } = rolloutOf(cluster, 2);
    expect(percent === 0 && reason === 'AwaitingApproval').toBe(asks);
    expect(message.includes(`made from ${rows} rows, where telco-1 was made from 7043`)).toBe(asks);
    if (asks) cluster.annotate('telco-2', 'approve-1');
    reaches(cluster, 2, 'Complete');
  });

  it.each<[string, boolean, (cluster: PlayedCluster) => void, RolloutStage]>([
    ['for the end of a quiet bake', false, () => undefined, 'Baking'],
    [
      'for people after a rollback',
      true,
      (cluster) => {
        cluster.annotate('telco-2', 'reject');
      },
      'RolledBack',
    ],
    [
      'while it is suspended',
      true,
      (cluster) => {
        cluster.edit({ suspend: true });
      },
      'Baking',
    ],
  ])('%s writes nothing', (_, hasTraffic, happens, stage) => {
    const { cluster } = played({ rollback: { bakeSeconds: 3_600 } });
    cluster.change(1, 'Good');
    reaches(cluster, 2, 'Baking');
    cluster.hasTraffic = hasTraffic;
    happens(cluster);
    cluster.run(200);
    const { writes } = cluster;
    cluster.run(900);
    expect([cluster.writes - writes, rolloutOf(cluster, 2).stage]).toEqual([0, stage]);
  });

  it('for an approval without traffic takes it at once', () => {
    const { cluster } = played({ steps: byApproval });
    cluster.change(1, 'Good');
    awaitsApproval(cluster);
    cluster.hasTraffic = false;
    cluster.run(900);
    cluster.annotate('telco-2', 'approve-2');
    expect(cluster.run(10, () => rolloutOf(cluster, 2).step === 2)).toBe(true);
  });
});

describe('a model with any history', () => {
  it(
    'never sends rows where nothing answers, loses no pods that answer, and is never stuck',
    () => {
      const histories = fc.array(anyStep, { minLength: 3, maxLength: 40 });
      fc.assert(
        fc.property(histories, (history) => {
          const { cluster, watch } = played();
          for (const step of history) step.play(cluster);
          expect(settle(cluster)).toEqual([]);
          expect(watch.violations).toEqual([]);
        }),
        { numRuns: isLong ? 3_000 : 30 },
      );
    },
    isLong ? 3_600_000 : undefined,
  );
});
