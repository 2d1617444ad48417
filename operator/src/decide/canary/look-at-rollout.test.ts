import { servingMetrics } from '@churnops/crds';
import type { RolloutStatus } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { model, NOW, pod, promoted, revision, world } from '../../fixtures/world-builder.js';
import { rolloutAfterLook } from './look-at-rollout.js';
import { evidenceOf } from './stored-evidence.js';

const time = new Date(NOW.getTime() - 60_000).toISOString();
const baking: RolloutStatus = {
  ...{ sequence: 60, attempt: 1, stage: 'Baking', step: 3, percent: 100, sizePercent: 100 },
  ...{ startTime: time, stepStartTime: time, previousRevision: 'telco-1', evidence: 'of another release' },
};

describe('a look at a bake', () => {
  it('begins its tests anew when what is known can not be read, with the requests of the revision that took over', () => {
    const telco = model({ rollout: { strategy: 'Canary' } });
    const candidate = revision(telco, 2, { ...promoted(2), promotedTime: time, rollout: baking });
    const serving = pod({ name: 'telco-2-a', revision: 'telco-2', ready: true, address: '198.51.100.2' });
    const labels = { route: '/predict', code: '200' };
    const samples = [{ name: servingMetrics.requests.name, labels, value: 400 }];
    const seen = world({
      ...{ model: telco, revisions: [revision(telco, 1, promoted()), candidate], pods: [serving] },
      pages: new Map([['telco-2-a', { samples }]]),
    });
    const next = rolloutAfterLook(seen, candidate, baking);
    const { before, bake } = evidenceOf(next);
    expect(before.counters.routers).toEqual({});
    expect(Object.keys(bake?.counters.routers ?? {})).toEqual(['telco-2-a']);
    expect(next.checks?.map(({ message }) => message)[0]).toBe('no request since it took over');
  });
});
