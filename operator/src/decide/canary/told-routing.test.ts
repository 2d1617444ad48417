import { describe, expect, it } from '@jest/globals';
import { model, pod, promoted, revision, world } from '../../fixtures/world-builder.js';
import { routing } from './told-routing.js';

const serving = { revisions: [revision(model(), 1, promoted())] };
const told = (routed: object) =>
  pod({
    name: 'telco-1-a',
    revision: 'telco-1',
    ready: true,
    address: '198.51.100.1',
    routing: JSON.stringify(routed),
  });
const peers = [{ pod: 'telco-2-a', address: '198.51.100.2' }];
const candidate = { revision: 'telco-2', percent: 100, mode: 'Answer', peers };

describe('what pods are told', () => {
  it('is to answer by themselves when the revision that they send to was deleted', () => {
    const [action, ...others] = routing(world({ ...serving, pods: [told({ sequence: 7, candidate })] }));
    expect(others).toEqual([]);
    const alone = JSON.stringify({ sequence: 7, deadlineMilliseconds: 100 });
    expect(action).toMatchObject({ kind: 'Patch', name: 'telco-1-a', resourceVersion: '1' });
    expect(JSON.stringify(action)).toContain(JSON.stringify(alone));
  });

  it('is nothing while there was no rollout', () => {
    expect(routing(world({ ...serving, pods: [told({ sequence: 7 })] }))).toEqual([]);
  });
});
