import { describe, expect, it } from '@jest/globals';
import { job, model, revision, SHA256, training as underWay, world } from '../fixtures/world-builder.js';
import type { ArtifactContent } from '../world.js';
import { training } from './training.js';

const complete = {
  kind: 'Complete',
  sha256: SHA256,
  figures: { metrics: {} },
  threshold: '0.3',
  failedGates: [],
} as const;

/** Where the model card is said to be when a training ended like this. */
function recorded(artifact: ArtifactContent) {
  const trained = revision(model(), 1, underWay);
  const actions = training(world({ revisions: [trained], jobs: [job({ state: 'Complete' })], artifact }));
  const record = actions.find((action) => action.kind === 'Record');
  return record?.status.modelCard;
}

describe('the model card of a revision', () => {
  it.each([
    ['is found by its ConfigMap', { ...complete, hasCard: true } as const, 'telco-1-artifact-01234567'],
    [
      'is found when a gate refused the model',
      { ...complete, failedGates: ['RocAUC 0.55 is below minValue 0.60'], hasCard: true } as const,
      'telco-1-artifact-01234567',
    ],
    ['is not promised where there is none', complete, undefined],
  ])('%s', (_, artifact, place) => {
    expect(recorded(artifact)).toBe(place);
  });
});
