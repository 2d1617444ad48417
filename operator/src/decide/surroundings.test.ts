import { describe, expect, it } from '@jest/globals';
import type { World } from '../world.js';
import { surroundings } from './surroundings.js';
import { deployment, model, promoted, revision, world } from '../fixtures/world-builder.js';

const policy = 'NetworkPolicy telco';
const account = 'ServiceAccount telco-serving';
const theirs = model({ serving: { serviceAccountName: 'identity' } });

describe('surroundings', () => {
  it.each<[string, World, readonly string[]]>([
    ['are there before anything is trained', world(), [policy, account]],
    ['hold the keys to sign with', world({ signing: undefined }), [policy, account, 'WriteSigningKeys']],
    ['hold no ServiceAccount beside that of the user', world({ model: theirs }), [policy]],
    [
      'keep the ServiceAccount of pods that run since before the user named one',
      world({ model: theirs, revisions: [revision(model(), 1, promoted())], deployments: [deployment()] }),
      [policy, account],
    ],
    [
      'forget it when those pods are gone',
      world({ model: theirs, revisions: [revision(model(), 1, promoted())] }),
      [policy],
    ],
  ])('%s', (_, given, expected) => {
    const told = surroundings(given).map((action) =>
      'object' in action ? `${action.object.kind} ${action.object.metadata.name}` : action.kind,
    );
    expect(told).toEqual(expected);
  });

  it('hold no pod up by a refused NetworkPolicy', () => {
    expect(surroundings(world())[0]).toMatchObject({ kind: 'Apply', mayFail: true });
  });
});
