import type { RolloutStatus } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import type { World } from '../world.js';
import { isFullSize, wantedReplicas } from './size.js';
import {
  autoscaler,
  deployment,
  good,
  model,
  NOW,
  promoted,
  revision,
  servingWorld,
  world,
} from '../fixtures/world-builder.js';

const spec = { autoscaling: { minReplicas: 2, maxReplicas: 6 } };
const fixed = { autoscaling: { policy: 'External', replicas: 4 } };
const sized = (size: number) => ({ wantedReplicas: size, replicas: size, updatedReplicas: size, readyReplicas: size });
const changed = model({ training: { seed: 7 }, ...spec });
const both = (first: number | undefined, second: number, differences: Partial<World> = {}) =>
  servingWorld({
    model: changed,
    revisions: [revision(model(spec), 1, promoted()), revision(changed, 2, good(2))],
    deployments: [...(first === undefined ? [] : [deployment(1, sized(first))]), deployment(2, sized(second))],
    autoscaler: autoscaler(),
    ...differences,
  });
const only = (size: number, differences: Partial<World> = {}) =>
  servingWorld({ model: model(spec), deployments: [deployment(1, sized(size))], ...differences });
const handedOver = (first: number | undefined) =>
  servingWorld({
    model: changed,
    revisions: [revision(model(spec), 1, promoted()), revision(changed, 2, promoted(2))],
    deployments: first === undefined ? [] : [deployment(1, sized(first))],
    autoscaler: autoscaler({ desiredReplicas: 5 }),
  });

/** A rollout of revision 2 that has pods for so many percent of the rows, beside so many pods that serve. */
const rolledOut = (sizePercent: number, first: number, differences: Partial<World> = {}) =>
  both(first, 1, {
    revisions: [
      revision(model(spec), 1, promoted()),
      revision(changed, 2, { ...good(2), rollout: rollout({ sizePercent }) }),
    ],
    ...differences,
  });
/** Revision 2 took over from revision 1, which is kept for a while. */
const baking = (first: number, second: number, of: object = spec) => {
  const taken = {
    ...promoted(2),
    promotedTime: NOW.toISOString(),
    rollout: rollout({ stage: 'Baking', previousRevision: 'telco-1' }),
  };
  return servingWorld({
    model: model(of),
    revisions: [revision(model(of), 1, promoted()), revision(changed, 2, taken)],
    deployments: [deployment(1, sized(first)), deployment(2, sized(second))],
    autoscaler: autoscaler({ target: 'telco-2' }),
  });
};

function rollout(differences: Partial<RolloutStatus>): RolloutStatus {
  const time = NOW.toISOString();
  const place = { sequence: 3, attempt: 1, stage: 'Canary', step: 1, percent: 5, sizePercent: 5 } as const;
  return { ...place, startTime: time, stepStartTime: time, ...differences };
}

function newest(given: World) {
  return given.revisions.at(-1)!;
}

describe('wantedReplicas', () => {
  it.each<[string, World, number]>([
    ['of what is scaled by others is what the spec says', servingWorld({ model: model(fixed) }), 4],
    ['of the first revision is minReplicas', world({ model: model(spec), revisions: [revision(model(spec))] }), 2],
    ['of a candidate is that of what serves', both(5, 2), 5],
    ['of a candidate is maxReplicas at most', both(9, 2), 6],
    ['of a candidate is minReplicas at least', both(0, 2), 2],
    [
      'of a candidate is what the autoscaler asked for last when the pods that served are gone',
      both(undefined, 2, { autoscaler: autoscaler({ desiredReplicas: 3 }) }),
      3,
    ],
    ['of what serves is left to the autoscaler', only(5, { autoscaler: autoscaler() }), 5],
    ['of what serves is left to the autoscaler below minReplicas too', only(1, { autoscaler: autoscaler() }), 1],
    ['of what serves is never 0, which would switch the autoscaler off', only(0, { autoscaler: autoscaler() }), 2],
    ['of what serves is minReplicas at least while it has no autoscaler', only(1), 2],
    [
      'of what serves is kept while the autoscaler has yet to come over',
      only(5, { autoscaler: autoscaler({ target: 'telco-0' }) }),
      5,
    ],
    ['of a Deployment that is gone is that of the one before', handedOver(4), 4],
    ['of a Deployment that is gone is what the autoscaler asked for last', handedOver(undefined), 5],
    ['of a candidate in its rollout is its part of what serves, rounded up', rolledOut(25, 5), 2],
    ['of a candidate in its rollout is one pod at least', rolledOut(5, 2), 1],
    ['of a candidate in its rollout is a part of maxReplicas at most', rolledOut(50, 9), 3],
    [
      'of a candidate in its rollout is a part of what the spec says',
      rolledOut(50, 2, { model: model({ training: { seed: 7 }, ...fixed }) }),
      2,
    ],
    ['of a candidate at the end of its rollout is all that serves', rolledOut(100, 5), 5],
    ['of what serves in its bake is left to the autoscaler', baking(2, 5), 5],
  ])('%s', (_, given, expected) => {
    expect(wantedReplicas(given, newest(given))).toBe(expected);
  });

  it.each<[string, World, number]>([
    ['grows with what serves', baking(2, 5), 5],
    ['does not shrink with it', baking(5, 2), 5],
    ['grows to maxReplicas at most', baking(2, 9), 6],
    ['has the size that the spec says', baking(2, 2, fixed), 4],
  ])('of what is kept to go back to %s', (_, given, expected) => {
    expect(wantedReplicas(given, given.revisions[0]!)).toBe(expected);
  });
});

describe('isFullSize', () => {
  const observed = (differences: object) =>
    both(3, 3, {
      deployments: [deployment(1, sized(3)), deployment(2, { ...sized(3), ...differences })],
    });
  it.each<[string, World, boolean]>([
    ['a candidate of the size of what serves is', both(5, 5), true],
    ['a larger candidate is', both(3, 5), true],
    ['a candidate with the pods for its share is', rolledOut(25, 4), true],
    ['a candidate that what serves has outgrown is not', rolledOut(25, 5), false],
    ['a smaller candidate is not', both(5, 4), false],
    ['a candidate with a pod that is not ready is not', observed({ readyReplicas: 2 }), false],
    ['a candidate whose status speaks of an older spec is not', observed({ observed: false }), false],
    ['a candidate that is being deleted is not', observed({ terminating: true }), false],
    [
      'what serves is with minReplicas, whatever the autoscaler asks for',
      only(2, { deployments: [deployment(1, { ...sized(2), wantedReplicas: 6 })], autoscaler: autoscaler() }),
      true,
    ],
    [
      'what serves is while its controller has yet to see a new size',
      only(2, { deployments: [deployment(1, { ...sized(2), observed: false })], autoscaler: autoscaler() }),
      true,
    ],
    ['what serves is not with fewer', only(1), false],
    ['what is scaled by others needs what the spec says', servingWorld({ model: model(fixed) }), false],
  ])('%s', (_, given, expected) => {
    expect(isFullSize(given, newest(given))).toBe(expected);
  });
});
