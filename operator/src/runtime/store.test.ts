import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { KubeObject } from './kube-object.js';
import { Store } from './store.js';

function object(name: string, version: number, fields: { owner?: string; team?: string } = {}): KubeObject {
  const owner = { apiVersion: 'v1', kind: 'Owner', name: 'o', uid: fields.owner ?? '', controller: true };
  return {
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: {
      name,
      namespace: 'default',
      uid: name,
      resourceVersion: String(version),
      labels: fields.team === undefined ? {} : { team: fields.team },
      ownerReferences: fields.owner === undefined ? [] : [owner],
    },
  };
}

const nameArbitrary = fc.constantFrom('a', 'b', 'c');
const teamArbitrary = fc.constantFrom('red', 'blue');
const history = fc.array(
  fc.record({
    name: nameArbitrary,
    team: teamArbitrary,
    deleted: fc.boolean(),
    fate: fc.constantFrom('seen', 'lost', 'late', 'twice'),
  }),
  { maxLength: 40 },
);

type Delivery = { readonly object: KubeObject; readonly deleted: boolean };

/** What really happened, and what of it reaches the watcher, in which order. */
function play(steps: typeof history extends fc.Arbitrary<infer T> ? T : never) {
  const truth = new Map<string, KubeObject>();
  const deliveries: Delivery[] = [];
  const late: Delivery[] = [];
  steps.forEach((step, index) => {
    // From 95 on, so that versions grow by a digit on the way.
    const delivery = {
      object: object(step.name, 95 + index, { team: step.team, owner: step.team }),
      deleted: step.deleted,
    };
    if (step.deleted) truth.delete(step.name);
    else truth.set(step.name, delivery.object);
    if (step.fate === 'late') late.push(delivery);
    if (step.fate === 'seen' || step.fate === 'twice') deliveries.push(delivery);
    if (step.fate === 'twice') deliveries.push(delivery);
  });
  return { truth: [...truth.values()], deliveries: [...deliveries, ...late] };
}

function sorted(objects: readonly KubeObject[]): KubeObject[] {
  return [...objects].sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
}

describe('the store', () => {
  it('equals the truth after a list, whatever became of the events before', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const { truth, deliveries } = play(steps);
        const store = new Store();
        const followed = new Map<string, KubeObject>();
        const follow = (change: ReturnType<Store['put']>) => {
          if (change?.now !== undefined) followed.set(change.now.metadata.name, change.now);
          else if (change !== undefined) followed.delete(change.old.metadata.name);
        };
        for (const { object: event, deleted } of deliveries) follow(deleted ? store.remove(event) : store.put(event));
        store.replace(truth).forEach(follow);
        expect(sorted(store.list())).toEqual(sorted(truth));
        expect(sorted([...followed.values()])).toEqual(sorted(truth));
        for (const team of ['red', 'blue']) {
          const wanted = sorted(truth.filter(({ metadata }) => metadata.labels?.['team'] === team));
          expect(sorted(store.withLabel('team', team))).toEqual(wanted);
          expect(sorted(store.ownedBy(team))).toEqual(wanted);
        }
      }),
    );
  });

  it('equals the truth without a list when no event is lost or reordered', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const { truth, deliveries } = play(
          steps.map((step) => ({ ...step, fate: step.fate === 'twice' ? 'twice' : 'seen' })),
        );
        const store = new Store();
        for (const { object: event, deleted } of deliveries) {
          if (deleted) store.remove(event);
          else store.put(event);
        }
        expect(sorted(store.list())).toEqual(sorted(truth));
      }),
    );
  });

  it('never shows an older version after a newer one', () => {
    const store = new Store();
    store.put(object('a', 100));
    expect(store.put(object('a', 99))).toBeUndefined();
    expect(store.remove(object('a', 99))).toBeUndefined();
    expect(store.get({ namespace: 'default', name: 'a' })?.metadata.resourceVersion).toBe('100');
  });

  it('replaces one namespace and leaves the others alone', () => {
    const store = new Store();
    store.put(object('a', 1));
    expect(store.replace([], 'elsewhere')).toEqual([]);
    expect(store.size).toBe(1);
  });

  it('gives out frozen objects', () => {
    const store = new Store();
    store.put(object('a', 1));
    expect(() => Object.assign(store.list()[0]?.metadata ?? {}, { name: 'b' })).toThrow(TypeError);
  });
});
