import { annotations } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { kinds } from '../kinds.js';
import type { Model, Revision, World } from '../world.js';
import { plan } from './plan.js';
import { candidateRevision, nextRevisionNumber, wantedRevision } from './revisions.js';
import { training } from './training.js';
import { failed, good, model, promoted, revision, servingWorld, world } from '../fixtures/world-builder.js';

/** The model with this value of the annotation. */
function refreshed(value: string, of: Model = model()): Model {
  const metadata = { ...of.object.metadata, annotations: { [annotations.refresh]: value } };
  return { ...of, object: { ...of.object, metadata } };
}

const first = revision(model(), 1, promoted());
const second = (value: string, status?: object) => revision(refreshed(value), 2, status);

/** The spec of the revision that would be made; undefined when none would. */
function made(given: World) {
  const creation = training(given).find((action) => action.kind === 'Create');
  return creation?.object.kind === 'ChurnModelRevision' ? creation.object['spec'] : undefined;
}

describe('the annotation churnops.dev/refresh', () => {
  it('makes a revision that serves the same artifact', () => {
    const spec = made(servingWorld({ model: refreshed('1') }));
    expect(spec).toMatchObject({ number: 2, trigger: 'Refreshed', refresh: '1', reuseArtifactOf: 'telco-1' });
    expect(spec).toMatchObject({ inputHash: first.spec.inputHash, servingHash: first.spec.servingHash });
  });

  it('renders with the images of now', () => {
    const given = servingWorld({ model: refreshed('1') });
    const spec = made({ ...given, release: { ...given.release, servingImage: 'churnops/serving:9' } });
    expect(spec).toMatchObject({ podTemplate: expect.stringContaining('churnops/serving:9') });
  });

  it.each<[string, Partial<World>, string | undefined]>([
    [
      'with a value that has its revision makes no other',
      { model: refreshed('1'), revisions: [second('1', promoted(2))] },
      undefined,
    ],
    ['taken away makes none', { revisions: [second('1', promoted(2))] }, undefined],
    ['with another value makes another', { model: refreshed('2'), revisions: [second('1', promoted(2))] }, 'Refreshed'],
    ['that is empty is a value', { model: refreshed('') }, 'Refreshed'],
    [
      'together with another spec is told as that',
      { model: refreshed('1', model({ training: { seed: 7 } })) },
      'SpecChanged',
    ],
    [
      'tries a refused spec again',
      {
        model: refreshed('1', model({ training: { seed: 7 } })),
        revisions: [first, revision(model({ training: { seed: 7 } }), 2, failed('GateFailed'))],
      },
      'Refreshed',
    ],
  ])('%s', (_, differences, trigger) => {
    const spec = made(servingWorld(differences));
    expect(spec === undefined ? undefined : trigger).toBe(trigger);
    if (trigger !== undefined) expect(spec).toMatchObject({ trigger });
  });

  it('is recorded as a hash when it is longer than a revision can hold', () => {
    const [one, other] = ['a', 'b'].map((end) => refreshed(`${'x'.repeat(300)}${end}`));
    const [a, b] = [one, other].map((changed) => made(servingWorld({ model: changed ?? model() })));
    expect(a).toMatchObject({ refresh: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
    expect(a).not.toEqual(b);
    const revisions = [first, revision(one ?? model(), 2, promoted(2))];
    expect(made(servingWorld({ model: one ?? model(), revisions }))).toBeUndefined();
  });

  it('leaves the current revision until the new one is at full size', () => {
    const given = servingWorld({ model: refreshed('1'), revisions: [first, second('1', good())] });
    expect(candidateRevision(given)?.name).toBe('telco-2');
    expect(plan(given).actions.some(({ kind }) => kind === 'Record')).toBe(false);
    expect(wantedRevision({ ...given, model: model() })?.name).toBe('telco-1');
  });
});

describe('the artifact of an earlier revision', () => {
  const changed = model({ training: { seed: 7 } });
  const earlier: readonly Revision[] = [first, revision(changed, 2, promoted(2))];
  const waiting = { ...revision(model(), 3), spec: { ...revision(model(), 3).spec, reuseArtifactOf: 'telco-1' } };

  it('is used again when the spec is again what it was', () => {
    expect(made(servingWorld({ revisions: earlier }))).toMatchObject({ number: 3, reuseArtifactOf: 'telco-1' });
  });

  it('is recorded in the new revision, which does not need the old one any more', () => {
    const [record] = training(servingWorld({ revisions: [...earlier, waiting] }));
    expect(record).toMatchObject({ kind: 'Record', status: { artifact: first.status?.artifact } });
    const recorded = revision(model(), 3, { ...promoted(3), artifact: first.status?.artifact });
    const alone = world({ revisions: [recorded], serviceRevision: 'telco-3' });
    expect(plan(alone).actions).toContainEqual(
      expect.objectContaining({ kind: 'Create', object: expect.objectContaining({ kind: 'Deployment' }) }),
    );
  });

  it('is trained anew when it, or its revision, was deleted by hand', () => {
    for (const given of [
      { revisions: [...earlier.slice(1), waiting] },
      { revisions: [...earlier, waiting], configMaps: new Set<string>() },
    ]) {
      const [record] = training(servingWorld(given));
      expect(record).toMatchObject({ kind: 'Record', status: { training: { attempt: 1, job: 'telco-3-train' } } });
    }
  });
});

describe('the number of a revision', () => {
  it.each<[string, Partial<World>, number]>([
    ['is the first', {}, 1],
    ['follows the newest', { revisions: [first, second('1')] }, 3],
    ['follows the last one in the status', { model: model({}, { observedGeneration: 1, lastRevisionNumber: 6 }) }, 7],
    [
      'follows what a revision left that was deleted by hand',
      { belongings: [{ resource: kinds.configMap, name: 'telco-8-artifact-01234567', uid: 'a' }] },
      9,
    ],
    [
      'is not taken from names of other things',
      { belongings: [{ resource: kinds.serviceAccount, name: 'telco-serving', uid: 'a' }] },
      1,
    ],
  ])('%s', (_, differences, expected) => {
    expect(nextRevisionNumber(world(differences))).toBe(expected);
  });
});
