import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { at, conditionsOf, type Kind, type KubeObject } from '../harness/kube-object.js';
import { OperatorLab, type Story } from '../harness/operator-lab.js';
import { repositoryRoot } from '../harness/repository-root.js';
import { until } from '../harness/until.js';

const execute = promisify(execFile);
const kubectl = join(repositoryRoot(), '.cache', 'bin', 'kubectl');

let lab: OperatorLab;

beforeAll(async () => {
  lab = await OperatorLab.start();
  await lab.startOperator();
});

afterAll(async () => {
  await lab.stop();
});

const selector = { matchLabels: { app: 'mine' } };
const template = {
  metadata: { labels: { app: 'mine' } },
  spec: { restartPolicy: 'Always', containers: [{ name: 'a', image: 'b' }] },
};
const nobody = { kind: 'Deployment', apiVersion: 'apps/v1', name: 'nobody' };

interface Foreign {
  readonly kind: Exclude<Kind, 'Namespace'>;
  readonly object: { readonly metadata: { readonly name: string }; readonly [field: string]: unknown };
}

/** An object of the user's with the name of a child, for each kind of child whose name can be known before. */
const foreign: readonly Foreign[] = [
  {
    kind: 'Service',
    object: { metadata: { name: 'telco' }, spec: { ports: [{ port: 80 }], selector: { app: 'mine' } } },
  },
  { kind: 'Deployment', object: { metadata: { name: 'telco-1' }, spec: { replicas: 0, selector, template } } },
  { kind: 'Secret', object: { metadata: { name: 'telco-api-key' }, stringData: { 'api-key': 'mine' } } },
  { kind: 'Secret', object: { metadata: { name: 'telco-api-keys' }, stringData: { mine: '{}' } } },
  { kind: 'ServiceAccount', object: { metadata: { name: 'telco-serving' } } },
  { kind: 'ServiceAccount', object: { metadata: { name: 'telco-1-train' } } },
  { kind: 'Role', object: { metadata: { name: 'telco-1-train' }, rules: [] } },
  {
    kind: 'RoleBinding',
    object: {
      metadata: { name: 'telco-1-train' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'mine' },
    },
  },
  {
    kind: 'Job',
    object: {
      metadata: { name: 'telco-1-train' },
      spec: { suspend: true, template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } },
    },
  },
  {
    kind: 'HorizontalPodAutoscaler',
    object: { metadata: { name: 'telco' }, spec: { scaleTargetRef: nobody, maxReplicas: 1 } },
  },
  { kind: 'PodDisruptionBudget', object: { metadata: { name: 'telco' }, spec: { maxUnavailable: 1, selector } } },
  { kind: 'NetworkPolicy', object: { metadata: { name: 'telco' }, spec: { podSelector: selector } } },
];

/** What somebody else than the cluster's own controllers has said of an object, and who said it. */
function said(object: KubeObject): unknown {
  const managers = z
    .array(z.looseObject({ manager: z.string(), subresource: z.string().optional() }))
    .default([])
    .parse(at(object, 'metadata', 'managedFields'));
  const { uid, labels, ownerReferences } = object.metadata;
  return {
    managers: managers.map(({ manager }) => manager).filter((manager) => manager !== 'kube-controller-manager'),
    metadata: { uid, labels, ownerReferences },
    content: ['spec', 'data', 'rules', 'roleRef', 'subjects'].map((field) => at(object, field)),
  };
}

async function getWide(story: Story): Promise<string> {
  const cache = `--cache-dir=${lab.controlPlane.folder}/kubectl`;
  const options = [cache, '--kubeconfig', lab.controlPlane.kubeconfig, '--namespace', story.namespace, '--output=wide'];
  return (await execute(kubectl, ['get', 'churnmodel', 'telco', ...options])).stdout;
}

describe('an object of the user with the name of a child', () => {
  it.each(foreign)('is never written: $kind $object.metadata.name', async ({ kind, object }) => {
    const story = await lab.story();
    const before = await story.create(kind, object);
    await story.begin();
    const model = await story.untilCondition('Stalled', 'True', 'NameConflict');
    const name = `${kind} ${story.namespace}/${before.metadata.name}`;
    expect(conditionsOf(model)['Stalled']?.message).toContain(name);
    expect(await getWide(story)).toContain(name);
    await story.poke();
    expect(said(await story.get(kind, before.metadata.name))).toEqual(said(before));
    await lab.forget(story);
  });

  it('may belong to another model, and is not written either', async () => {
    const story = await lab.story();
    await story.begin({}, 'other');
    const { metadata } = await story.untilReady('other-1', 'other');
    const owner = {
      apiVersion: 'churnops.dev/v1alpha1',
      kind: 'ChurnModel',
      name: 'other',
      uid: metadata.uid,
      controller: true,
    };
    const before = await story.create('Service', {
      metadata: { name: 'telco', ownerReferences: [owner] },
      spec: { ports: [{ port: 80 }], selector: { app: 'mine' } },
    });
    await story.begin();
    await story.untilCondition('Stalled', 'True', 'NameConflict');
    expect(said(await story.get('Service', 'telco'))).toEqual(said(before));
    await lab.forget(story);
  });
});

describe("models whose names look like those of one another's children", () => {
  const names = ['a', 'a-1', 'a-1-train', 'a-1-1'] as const;
  const kinds = [
    'ChurnModelRevision',
    'Deployment',
    'Service',
    'Job',
    'ConfigMap',
    'Secret',
    'ServiceAccount',
    'Role',
  ] as const;

  /** What belongs to a model, by its controller, with what would change if another one wrote it. */
  async function belongings(story: Story, owner: string): Promise<string[]> {
    const lists = await Promise.all(
      kinds.map(async (kind) => (await story.list(kind)).map((object) => ({ kind, object }))),
    );
    return lists
      .flat()
      .filter(({ object }) =>
        object.metadata.ownerReferences?.some(({ name, controller }) => name === owner && controller === true),
      )
      .map(({ kind, object }) => `${kind}/${object.metadata.name} ${object.metadata.uid ?? ''}`)
      .sort();
  }

  it('live beside one another, and go alone', async () => {
    const story = await lab.story();
    for (const name of names) await story.begin({}, name);
    for (const name of names) await story.untilReady(`${name}-1`, name);
    await story.patch('ChurnModel', 'a', { spec: { training: { seed: 7 } } });
    await story.untilReady('a-2', 'a');

    const others = names.filter((name) => name !== 'a');
    const before = await Promise.all(others.map((name) => belongings(story, name)));
    expect(Math.min(...before.map((objects) => objects.length))).toBeGreaterThanOrEqual(kinds.length - 1);
    await story.remove('ChurnModel', 'a');
    await until('nothing of the first model is left', async () => (await belongings(story, 'a')).length === 0);
    for (const name of others) {
      await story.poke(name);
      await story.untilReady(`${name}-1`, name);
    }
    expect(await Promise.all(others.map((name) => belongings(story, name)))).toEqual(before);
    expect(story.flaws()).toEqual([]);
  });
});
