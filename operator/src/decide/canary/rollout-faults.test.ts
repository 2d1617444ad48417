import type { RolloutStage } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { PlayedCluster } from '../../fixtures/played-cluster.js';
import { settle, shortRollout } from '../../fixtures/rollout-history.js';
import { RolloutWatch } from '../../fixtures/rollout-watch.js';

const stages: readonly RolloutStage[] = ['Shadow', 'Canary', 'Full', 'Baking'];

/** A model whose first revision serves, with another one at this stage of its rollout. */
function playedTo(stage: RolloutStage, spec: object = {}) {
  const cluster = new PlayedCluster({
    rollout: shortRollout,
    serving: { access: { authentication: 'None' } },
    ...spec,
  });
  const watch = new RolloutWatch(cluster);
  cluster.run(15);
  cluster.change(1, 'Good');
  reaches(cluster, stage);
  return { cluster, watch };
}

function rolloutOf(cluster: PlayedCluster) {
  return cluster.revision(2)?.status?.rollout;
}

function reaches(cluster: PlayedCluster, stage: RolloutStage, seconds = 400): void {
  const isThere = cluster.run(seconds, () => rolloutOf(cluster)?.stage === stage);
  expect([isThere, stage, rolloutOf(cluster)?.stage]).toEqual([true, stage, stage]);
}

function sizes(cluster: PlayedCluster) {
  return Object.fromEntries(cluster.world.deployments.map(({ name, wantedReplicas }) => [name, wantedReplicas]));
}

function condition(cluster: PlayedCluster, type: string) {
  return cluster.world.model.status?.conditions?.find((each) => each.type === type);
}

const autoscaled = { autoscaling: { minReplicas: 2, maxReplicas: 6 } };

describe('a rollout of an autoscaled model', () => {
  it('follows what serves, and hands over no fewer pods', () => {
    const { cluster, watch } = playedTo('Canary', autoscaled);
    expect(sizes(cluster)).toEqual({ 'telco-1': 2, 'telco-2': 1 });
    cluster.load = 5;
    reaches(cluster, 'Full');
    expect(sizes(cluster)).toEqual({ 'telco-1': 5, 'telco-2': 5 });
    reaches(cluster, 'Baking');
    cluster.load = 6;
    cluster.run(10);
    // The way back grows as well.
    expect(sizes(cluster)).toEqual({ 'telco-1': 6, 'telco-2': 6 });
    cluster.load = 3;
    cluster.run(10);
    expect(sizes(cluster)).toEqual({ 'telco-1': 6, 'telco-2': 3 });
    expect(settle(cluster)).toEqual([]);
    expect([cluster.world.autoscaler?.target, sizes(cluster)]).toEqual(['telco-2', { 'telco-2': 3 }]);
    expect(watch.violations).toEqual([]);
  });

  it.each(stages)('in stage %s goes on when its size is left to others, and back', (stage) => {
    const { cluster, watch } = playedTo(stage, autoscaled);
    cluster.edit({ autoscaling: { policy: 'External', replicas: 4 } });
    cluster.run(8);
    cluster.edit(autoscaled);
    cluster.load = 5;
    reaches(cluster, 'Complete');
    expect(settle(cluster)).toEqual([]);
    expect(watch.violations).toEqual([]);
  });
});

describe('a rollout whose writes are refused', () => {
  it('is rolled back, although what serves can not be scaled', () => {
    const { cluster, watch } = playedTo('Baking', { autoscaling: { policy: 'External', replicas: 2 } });
    cluster.refuse('Scale', 'Webhook', 600);
    cluster.edit({ autoscaling: { policy: 'External', replicas: 3 } });
    cluster.turn('telco-2', 'Failing');
    reaches(cluster, 'RolledBack', 30);
    expect(cluster.run(5, () => cluster.service === 'telco-1')).toBe(true);
    expect(watch.violations).toEqual([]);
  });

  it('is rolled back when its pods go down, although a write is refused all the time', () => {
    const rollout = { ...shortRollout, rollback: { bakeSeconds: 900 } };
    const { cluster, watch } = playedTo('Baking', { autoscaling: { policy: 'External', replicas: 2 }, rollout });
    cluster.refuse('Scale', 'Webhook', 3_000);
    cluster.edit({ autoscaling: { policy: 'External', replicas: 3 } });
    cluster.run(300);
    cluster.turn('telco-2', 'NeverReady');
    reaches(cluster, 'RolledBack', 40);
    expect(cluster.run(5, () => cluster.service === 'telco-1')).toBe(true);
    expect(watch.violations).toEqual([]);
  });

  it('leaves the autoscaler with what answers while the Service can not move', () => {
    const { cluster, watch } = playedTo('Full', autoscaled);
    cluster.refuse('Apply Service', 'Webhook', 60);
    reaches(cluster, 'Baking');
    cluster.run(10);
    expect([cluster.service, cluster.world.autoscaler?.target]).toEqual(['telco-1', 'telco-1']);
    expect(settle(cluster)).toEqual([]);
    expect([cluster.service, cluster.world.autoscaler?.target]).toEqual(['telco-2', 'telco-2']);
    expect(watch.violations).toEqual([]);
  });

  it('ends when the one that records it is overtaken at every look for a while', () => {
    const { cluster, watch } = playedTo('Canary');
    cluster.editRollout({ analysis: { intervalSeconds: 60 } });
    cluster.turn('telco-2', 'Crashing');
    cluster.refuse('Record', 'Conflict', 70);
    cluster.run(70);
    reaches(cluster, 'RolledBack', 5);
    expect(watch.violations).toEqual([]);
  });

  it('waits for a name that somebody else has, and goes on without them', () => {
    const cluster = new PlayedCluster({ rollout: shortRollout, serving: { access: { authentication: 'None' } } });
    cluster.run(15);
    cluster.refuse('Create Deployment', 'NameConflict', 20);
    cluster.change(1, 'Good');
    cluster.run(15);
    expect(condition(cluster, 'Stalled')).toMatchObject({ reason: 'NameConflict' });
    expect(condition(cluster, 'Available')).toMatchObject({ status: 'True' });
    reaches(cluster, 'Complete');
    expect(settle(cluster)).toEqual([]);
  });

  it('without room for its pods ends, what serves goes on, and a retry takes over when there is room', () => {
    const cluster = new PlayedCluster({ rollout: shortRollout, serving: { access: { authentication: 'None' } } });
    const watch = new RolloutWatch(cluster);
    cluster.run(15);
    cluster.quota = 2;
    cluster.change(1, 'Good');
    reaches(cluster, 'RolledBack');
    expect(rolloutOf(cluster)).toMatchObject({ reason: 'ProgressDeadlineExceeded' });
    expect(condition(cluster, 'Available')).toMatchObject({ status: 'True' });
    cluster.quota = Infinity;
    cluster.annotate('telco-2', 'retry-2');
    reaches(cluster, 'Complete');
    expect(settle(cluster)).toEqual([]);
    expect(watch.violations).toEqual([]);
  });
});

describe('a rollout of which kubelets leave out what they are told', () => {
  it('ends for the pods too, a few seconds after it was rolled back', () => {
    const { cluster, watch } = playedTo('Canary');
    cluster.run(3);
    cluster.skipped = 3;
    cluster.annotate('telco-2', 'reject');
    reaches(cluster, 'RolledBack', 5);
    expect(cluster.run(5, () => rolloutOf(cluster)?.acknowledgedPercent === 0)).toBe(true);
    expect(watch.violations).toEqual([]);
  });

  it('writes nothing more to pods that know', () => {
    const { cluster } = playedTo('Full');
    reaches(cluster, 'Complete');
    cluster.run(70);
    const { writes } = cluster;
    cluster.run(300);
    expect(cluster.writes).toBe(writes);
  });
});

describe('a rollout whose leader has a wrong clock', () => {
  it.each(stages.flatMap((stage) => [-3_600, 3_600].map((ahead) => [stage, ahead] as const)))(
    'in stage %s by %s s goes on under it, and under the next one',
    (stage, ahead) => {
      for (const lasting of [true, false]) {
        const { cluster, watch } = playedTo(stage);
        // Until its pods are ready.
        cluster.run(5);
        cluster.lead(ahead);
        cluster.run(7);
        if (!lasting) cluster.lead(0);
        expect(cluster.run(200, () => rolloutOf(cluster)?.stage === 'Complete')).toBe(true);
        expect([cluster.service, watch.violations]).toEqual(['telco-2', []]);
      }
    },
  );

  it('begins no take-over before a minute without answers was seen', () => {
    const { cluster } = playedTo('Shadow', { rollout: { ...shortRollout, shadowSamples: 1_000_000 } });
    cluster.run(5);
    cluster.turn('telco-1', 'NeverReady');
    cluster.run(5);
    cluster.lead(3_600);
    cluster.run(30);
    expect([rolloutOf(cluster)?.stage, cluster.service]).toEqual(['Shadow', 'telco-1']);
    expect(cluster.run(60, () => cluster.service === 'telco-2')).toBe(true);
  });

  it('retires pods a minute after the next one looks', () => {
    const { cluster, watch } = playedTo('Complete');
    cluster.lead(3_600);
    cluster.run(10);
    cluster.lead(0);
    cluster.run(70);
    expect(sizes(cluster)).toEqual({ 'telco-2': 2 });
    expect(watch.violations).toEqual([]);
  });
});

describe('a rollout that somebody meddles with', () => {
  it.each(stages)('in stage %s by deleting its revision and asking for the one before leaves nothing', (stage) => {
    const { cluster, watch } = playedTo(stage);
    cluster.deleteRevision('telco-2');
    cluster.change(42, 'Good');
    expect(settle(cluster)).toEqual([]);
    expect([cluster.service, sizes(cluster)]).toEqual(['telco-1', { 'telco-1': 2 }]);
    expect(watch.violations).toEqual([]);
  });

  it('keeps pods that answer while no pod of what serves does', () => {
    const { cluster, watch } = playedTo('Complete');
    cluster.run(3);
    cluster.turn('telco-2', 'NeverReady');
    cluster.run(120);
    expect(sizes(cluster)).toEqual({ 'telco-1': 2, 'telco-2': 2 });
    cluster.turn('telco-2', 'Good');
    cluster.run(10);
    expect(sizes(cluster)).toEqual({ 'telco-2': 2 });
    expect(watch.violations).toEqual([]);
  });

  it('gives up pods that answer when what serves needs their room', () => {
    const { cluster } = playedTo('Complete');
    cluster.quota = 2;
    cluster.fail('telco-2', 300);
    cluster.evict('telco-2');
    cluster.evict('telco-2');
    cluster.run(120);
    expect(sizes(cluster)).toEqual({ 'telco-2': 2 });
    expect(condition(cluster, 'Ready')).toMatchObject({ status: 'True' });
  });
});

describe('a revision in its bake', () => {
  const longBake = { rollout: { ...shortRollout, rollback: { bakeSeconds: 900 } } };

  it('that is pinned stays, and is not gone back from', () => {
    const { cluster } = playedTo('Baking', longBake);
    cluster.editRollout({ pinnedRevision: 'telco-2' });
    reaches(cluster, 'Complete', 10);
    cluster.turn('telco-2', 'Failing');
    cluster.run(60);
    expect([rolloutOf(cluster)?.stage, cluster.service]).toEqual(['Complete', 'telco-2']);
  });

  it('keeps the next one waiting while something speaks against it, and says so', () => {
    const { cluster } = playedTo('Baking', longBake);
    cluster.run(60);
    cluster.change(2, 'Good');
    cluster.turn('telco-2', 'NeverReady');
    const says = (type: string) => condition(cluster, type)?.message;
    expect(cluster.run(20, () => says('Promoted')?.includes('waits for the bake of revision telco-2') ?? false)).toBe(
      true,
    );
    expect([says('Ready'), cluster.revision(3)?.status?.rollout]).toEqual([says('Promoted'), undefined]);
  });

  it('does not end while its pods are down, whatever pods of before do at that moment', () => {
    const { cluster } = playedTo('Baking');
    cluster.turn('telco-1', 'NeverReady');
    cluster.turn('telco-2', 'NeverReady');
    cluster.run(120);
    expect(rolloutOf(cluster)?.stage).toBe('Baking');
    cluster.turn('telco-1', 'Good');
    reaches(cluster, 'RolledBack', 40);
    expect(cluster.run(5, () => cluster.service === 'telco-1')).toBe(true);
  });
});
