import { describe, expect, it } from '@jest/globals';
import { kinds } from '../kinds.js';
import type { World } from '../world.js';
import { accessEnd } from './leftovers.js';
import { failed, good, job, model, promoted, revision, training, world } from '../fixtures/world-builder.js';

const access = [
  { resource: kinds.roleBinding, name: 'telco-1-train', uid: 'binding' },
  { resource: kinds.role, name: 'telco-1-train', uid: 'role' },
  { resource: kinds.serviceAccount, name: 'telco-1-train', uid: 'account' },
];
const others = [
  { resource: kinds.serviceAccount, name: 'telco-serving', uid: 'serving' },
  { resource: kinds.configMap, name: 'telco-1-train', uid: 'config' },
];
const belongings = [...access, ...others];
const first = (status?: object) => [revision(model(), 1, status)];

describe('what lets a training pod write', () => {
  it.each<[string, boolean, Partial<World>]>([
    ['stays until an attempt is recorded', false, { revisions: first() }],
    ['stays while the attempt is open', false, { revisions: first(training) }],
    ['stays when the result is recorded and the Job still runs', false, { revisions: first(good()), jobs: [job()] }],
    ['goes when the result is recorded', true, { revisions: first(good()), jobs: [job({ state: 'Complete' })] }],
    ['goes when the Job is gone', true, { revisions: first(promoted()) }],
    ['goes when training failed for good', true, { revisions: first(failed('GateFailed')) }],
    ['goes until the next attempt', true, { revisions: first(failed('DataUnreachable')) }],
    [
      'stays when the next attempt begins now',
      false,
      { revisions: first(failed('DataUnreachable', '2026-03-01T11:00:00.000Z')) },
    ],
    ['goes when its revision was deleted by hand', true, { revisions: [revision(model(), 2, promoted(2))] }],
    ['stays when its revision may be too new for the cache', false, { revisions: [] }],
  ])('%s', (_, goes, differences) => {
    const ended = accessEnd(world({ belongings, ...differences }));
    expect(ended).toEqual(goes ? access.map((one) => ({ kind: 'Delete', ...one })) : []);
  });
});
