import type { RolloutStatus } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { deployment, model, NOW, pod, promoted, revision, servingWorld } from '../fixtures/world-builder.js';
import type { World } from '../world.js';
import { asPromoted } from './revision-status.js';
import { retirement } from './retirement.js';
import { decisions } from './rollout.js';

const time = NOW.toISOString();
const rollout: RolloutStatus = {
  ...{ sequence: 7, attempt: 1, stage: 'Baking', step: 3, percent: 100, sizePercent: 100 },
  ...{ startTime: time, stepStartTime: time, previousRevision: 'telco-1' },
};
const changed = model({ training: { seed: 7 }, rollout: { strategy: 'Canary' } });
const newer = (status: object) => revision(changed, 2, { ...promoted(2), promotedTime: time, ...status });
const rolledBack: RolloutStatus = { ...rollout, stage: 'RolledBack', percent: 0, reason: 'NotReady', endTime: time };

/** Revision 2 took over from revision 1; `status` is what is recorded of it. */
function afterTakeOver(status: object, differences: Partial<World> = {}): World {
  return servingWorld({
    model: changed,
    revisions: [revision(model(), 1, promoted()), newer(status)],
    deployments: [deployment(1), deployment(2)],
    serviceRevision: 'telco-2',
    pods: [pod({ name: 'telco-2-a', revision: 'telco-2', ready: true })],
    ...differences,
  });
}

describe('the pods of a revision that was rolled back after it took over', () => {
  it('stay while the Service points at them, however long ago that was recorded', () => {
    const given = afterTakeOver({ rollout: rolledBack }, { now: new Date(NOW.getTime() + 3_600_000) });
    expect(retirement(given)).toEqual([]);
  });

  it('go a minute after the Service has moved', () => {
    const moved = new Date(NOW.getTime() + 3_600_000);
    const given = afterTakeOver({ rollout: rolledBack }, { now: moved, serviceRevision: 'telco-1' });
    const [record, ...others] = retirement(given);
    expect(others).toEqual([]);
    expect(record).toMatchObject({ kind: 'Record', status: { stage: 'RolledBack', retiredTime: moved.toISOString() } });
    const retired = { rollout: rolledBack, retiredTime: moved.toISOString() };
    const at = (seconds: number) =>
      retirement(
        afterTakeOver(retired, { now: new Date(moved.getTime() + seconds * 1000), serviceRevision: 'telco-1' }),
      );
    expect(at(59)).toMatchObject([{ kind: 'Patch', name: 'telco-2-a' }]);
    expect(at(60)).toMatchObject([{ kind: 'Delete', name: 'telco-2' }]);
  });
});

describe('a retired revision that serves again', () => {
  it('is recorded as serving, so that its next retirement begins anew', () => {
    const status = { ...promoted(), stage: 'Retired', retiredTime: time } as const;
    const [record] = retirement(servingWorld({ revisions: [revision(model(), 1, status)] }));
    expect(record).toMatchObject({ kind: 'Record', status: { stage: 'Serving' } });
    expect(record).not.toMatchObject({ status: { retiredTime: time } });
  });

  it('by a pin has a rollout that says so', () => {
    const given = afterTakeOver({ rollout: rolledBack });
    const [, failed = newer({})] = given.revisions;
    expect(asPromoted(failed, given).rollout).toMatchObject({ stage: 'Complete', reason: 'ReadyAtFullSize' });
  });
});

describe('a bake', () => {
  it('goes on while there is a revision to go back to', () => {
    expect(decisions(afterTakeOver({ rollout }))).toEqual([]);
  });

  it('ends when the revision to go back to was deleted, also where something speaks against what serves', () => {
    const revisions = [newer({ rollout: { ...rollout, reason: 'Rejected', unreadySince: time } })];
    expect(decisions(afterTakeOver({}, { revisions }))).toMatchObject([
      { kind: 'Record', status: { stage: 'Serving', rollout: { stage: 'Complete', sequence: 8, endTime: time } } },
    ]);
  });
});
