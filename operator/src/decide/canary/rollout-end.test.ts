import type { RolloutStatus } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { NOW } from '../../fixtures/world-builder.js';
import { rolloutEnd } from './rollout-end.js';
import type { RolloutEnd } from './rollout-end.js';

type Record = Pick<RolloutStatus, 'stage'> & Partial<RolloutStatus>;

const time = NOW.toISOString();
const recorded = (record: Record | undefined): RolloutStatus | undefined =>
  record && {
    ...{ sequence: 7, attempt: 1, step: 1, percent: 5, sizePercent: 5, startTime: time, stepStartTime: time },
    ...record,
  };
const rolledBack: Record = { stage: 'RolledBack', reason: 'AnalysisFailed' };

describe('the end of a rollout', () => {
  it.each<[string, Record | undefined, Record | undefined, RolloutEnd | undefined]>([
    ['is none before it', { stage: 'Full' }, { stage: 'Baking' }, undefined],
    ['is none where it begins', undefined, { stage: 'Shadow' }, undefined],
    ['is that of the bake', { stage: 'Baking' }, { stage: 'Complete' }, { result: 'Complete' }],
    [
      'has the reason of a rollback',
      { stage: 'Canary' },
      rolledBack,
      { result: 'RolledBack', reason: 'AnalysisFailed' },
    ],
    [
      'is a rollback also in the bake',
      { stage: 'Baking' },
      rolledBack,
      { result: 'RolledBack', reason: 'AnalysisFailed' },
    ],
    [
      'is no verdict on what was superseded',
      { stage: 'Shadow' },
      { stage: 'RolledBack', reason: 'Superseded' },
      { result: 'Superseded' },
    ],
    ['is counted once when the revision is pinned later', rolledBack, { stage: 'Complete' }, undefined],
    ['is counted once when only shares are recorded later', rolledBack, rolledBack, undefined],
    ['is that of its attempt', rolledBack, { stage: 'Shadow', attempt: 2 }, undefined],
  ])('%s', (_, before, now, end) => {
    expect(rolloutEnd(recorded(before), recorded(now))).toEqual(end);
  });
});
