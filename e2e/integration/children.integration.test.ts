import { annotations, labels } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { z } from 'zod';
import { makeChartAccount, operatorRole } from '../harness/chart-account.js';
import { at, conditionsOf, type Kind, type KubeObject } from '../harness/kube-object.js';
import { expectKeysToMatch } from '../harness/matching-keys.js';
import { normalized } from '../harness/normalized.js';
import { OperatorLab, type Story } from '../harness/operator-lab.js';
import { OperatorProcess } from '../harness/operator-process.js';
import { goesWell } from '../harness/played-kubelet.js';
import { printFigure } from '../harness/print-figure.js';
import { until } from '../harness/until.js';

type ChildKind = Exclude<Kind, 'Namespace'>;

let lab: OperatorLab;
/** With the permissions that the chart gives it, and no others. */
let operator: OperatorProcess;

beforeAll(async () => {
  lab = await OperatorLab.start();
  const env = await makeChartAccount(lab.controlPlane, lab.cluster);
  operator = await OperatorProcess.start({ logPath: join(lab.controlPlane.folder, 'operator.log'), env });
});

afterAll(async () => {
  await operator.stop();
  await lab.stop();
});

/** What counts the changes to an object, or marks that we made the operator look. */
const marks = ['generation', 'observedGeneration', 'deployment.kubernetes.io/revision', 'example.com/poke'];

function unmarked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unmarked);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([name]) => !marks.includes(name));
  // Annotations that are there only because of a mark are none.
  return Object.fromEntries(
    entries
      .map(([name, inner]): [string, unknown] => [name, unmarked(inner)])
      .filter(([name, inner]) => name !== 'annotations' || Object.keys(inner ?? {}).length > 0),
  );
}

/** Every object of the namespace, without what differs each time. */
async function everything(story: Story): Promise<unknown> {
  return unmarked(await normalized(lab.cluster, story.namespace));
}

/** Waits until the controllers have written what follows from the newest change: what is compared later has come to rest. */
async function untilSettled(story: Story): Promise<void> {
  let before = '';
  await until(`${story.namespace} rests`, async () => {
    const now = JSON.stringify(await everything(story));
    const isSame = now === before;
    before = now;
    if (!isSame) await new Promise((resolve) => setTimeout(resolve, 1_500));
    return isSame;
  });
}

/** Does it, and waits until everything in the namespace is as it was, and `restored` holds. Prints how long that took. */
async function expectRestored(
  story: Story,
  { what, act, restored }: { what: string; act: () => Promise<unknown>; restored: () => Promise<boolean> },
): Promise<void> {
  const before = await everything(story);
  const startedAt = performance.now();
  await act();
  await until(what, restored);
  printFigure(what, (performance.now() - startedAt) / 1000, 's');
  await until(
    `all is as before, after: ${what}`,
    async () => {
      expect(await everything(story)).toEqual(before);
      return true;
    },
    async () => differences(before, await everything(story)),
  );
}

function differences(before: unknown, now: unknown): unknown {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(now ?? {})])];
  return names
    .filter((name) => JSON.stringify(at(before, name)) !== JSON.stringify(at(now, name)))
    .map((name) => ({ name, before: at(before, name), now: at(now, name) }));
}

async function expectBack(story: Story, kind: ChildKind, name: string): Promise<void> {
  const before = await story.get(kind, name);
  await expectRestored(story, {
    what: `a deleted ${kind} ${name} is there again`,
    act: async () => {
      await story.remove(kind, name);
      // Secrets are not watched: the operator sees to them whenever it looks at the model, at the latest after five minutes.
      if (kind === 'Secret') await story.poke();
    },
    restored: async () => {
      const again = await story.find(kind, name);
      return again !== undefined && again.metadata.uid !== before.metadata.uid;
    },
  });
}

interface Edit {
  readonly kind: ChildKind;
  readonly name: string;
  readonly path: string;
  readonly value: unknown;
}

async function expectUndone(story: Story, { kind, name, path, value }: Edit): Promise<void> {
  const before = await story.get(kind, name);
  await expectRestored(story, {
    what: `${path} of ${kind} ${name} is as it was before an edit`,
    act: async () => {
      await lab.cluster.patch(story.path(kind, name), [{ op: 'replace', path, value }], 'json');
      if (kind === 'Secret') await story.poke();
    },
    restored: async () => {
      const now = await story.get(kind, name);
      const keys = path
        .slice(1)
        .split('/')
        .map((key) => key.replaceAll('~1', '/'));
      expect(at(now, ...keys)).toEqual(at(before, ...keys));
      return now.metadata.resourceVersion !== before.metadata.resourceVersion;
    },
  });
}

const managedBy = `/metadata/labels/${labels.managedBy.replace('/', '~1')}`;
const keyHash = `/metadata/annotations/${annotations.keySha256.replace('/', '~1')}`;

describe('a child of a model that serves', () => {
  let story: Story;
  /** Its user scales it: no autoscaler changes its number of pods. */
  let scaledByHand: Story;

  beforeAll(async () => {
    story = await lab.story();
    scaledByHand = await lab.story();
    await story.begin({ autoscaling: { policy: 'HorizontalPodAutoscaler' } });
    await scaledByHand.begin({ autoscaling: { policy: 'External' } });
    await story.untilReady();
    await scaledByHand.untilReady();
    await untilSettled(story);
    await untilSettled(scaledByHand);
  });

  it.each([
    ['Deployment', 'telco-1'],
    ['Service', 'telco'],
    ['HorizontalPodAutoscaler', 'telco'],
    ['PodDisruptionBudget', 'telco'],
    ['NetworkPolicy', 'telco'],
    ['ServiceAccount', 'telco-serving'],
    ['Secret', 'telco-api-key'],
    ['Secret', 'telco-api-keys'],
    ['Secret', 'telco-signing'],
  ] as const)('comes back when it is deleted: %s %s', async (kind, name) => {
    await expectBack(story, kind, name);
    await story.untilReady();
    await until('both Secrets speak of one key', async () => {
      await expectKeysToMatch(story);
      return true;
    });
  });

  it('comes back with one new key when both Secrets of the API key are deleted, and people are told', async () => {
    const before = await story.get('Secret', 'telco-api-key');
    await Promise.all([story.remove('Secret', 'telco-api-key'), story.remove('Secret', 'telco-api-keys')]);
    await story.poke();
    await until('both speak of a new key', async () => {
      await expectKeysToMatch(story);
      const now = await story.get('Secret', 'telco-api-key');
      return now.metadata.annotations?.[annotations.keySha256] !== before.metadata.annotations?.[annotations.keySha256];
    });
    await until('people are told', async () => {
      return (await story.list('Event')).some((event) => at(event, 'reason') === 'ApiKeyRotated');
    });
  });

  it.each<[ChildKind, string, string, unknown]>([
    ['Deployment', 'telco-1', '/spec/template/spec/containers/0/image', 'nowhere/else:1'],
    ['Deployment', 'telco-1', managedBy, 'somebody'],
    ['Service', 'telco', `/spec/selector/${labels.revision.replace('/', '~1')}`, 'someone-else'],
    ['Service', 'telco', '/spec/ports/0/port', 9999],
    ['Service', 'telco', managedBy, 'somebody'],
    ['HorizontalPodAutoscaler', 'telco', '/spec/maxReplicas', 50],
    ['HorizontalPodAutoscaler', 'telco', '/spec/scaleTargetRef/name', 'nobody'],
    ['PodDisruptionBudget', 'telco', '/spec/maxUnavailable', 0],
    ['NetworkPolicy', 'telco', '/spec/ingress', []],
    ['NetworkPolicy', 'telco', managedBy, 'somebody'],
    ['ServiceAccount', 'telco-serving', '/automountServiceAccountToken', true],
    ['Secret', 'telco-api-keys', keyHash, 'f'.repeat(64)],
  ])('is as before when it is edited: %s %s at %s', async (kind, name, path, value) => {
    await expectUndone(story, { kind, name, path, value });
    await story.untilReady();
  });

  it('is as before when it is scaled past its model: Deployment telco-1', async () => {
    await expectUndone(scaledByHand, { kind: 'Deployment', name: 'telco-1', path: '/spec/replicas', value: 1 });
    await scaledByHand.untilReady();
  });
});

describe('what a running training needs', () => {
  let story: Story;

  beforeAll(async () => {
    story = await lab.story();
    story.direct({ training: () => ({ kind: 'hold' }) });
    await story.begin();
    await story.untilCondition('Reconciling', 'True', 'Training');
    await until('its Job has a pod', async () => {
      return at(await story.get('Job', 'telco-1-train'), 'status', 'active') === 1;
    });
    await untilSettled(story);
  });

  it.each(['ServiceAccount', 'Role', 'RoleBinding'] as const)('comes back when it is deleted: %s', async (kind) => {
    await expectBack(story, kind, 'telco-1-train');
  });

  it('comes back when it is deleted: the ConfigMap that the training fills', async () => {
    const { metadata } = await story.get('ChurnModel', 'telco');
    await expectBack(story, 'ConfigMap', `telco-1-artifact-${(metadata.uid ?? '').slice(0, 8)}`);
  });

  it.each<[ChildKind, string, unknown]>([
    ['Role', '/rules/0/verbs', ['get']],
    ['RoleBinding', '/subjects/0/name', 'somebody'],
    ['Role', managedBy, 'somebody'],
  ])('is as before when it is edited: %s at %s', async (kind, path, value) => {
    await expectUndone(story, { kind, name: 'telco-1-train', path, value });
  });

  it('comes back when it is deleted: its Job; and the training ends well', async () => {
    const before = await story.get('Job', 'telco-1-train');
    await story.remove('Job', 'telco-1-train');
    await until('a Job is there again', async () => {
      const again = await story.find('Job', 'telco-1-train');
      return again !== undefined && again.metadata.uid !== before.metadata.uid;
    });
    story.direct(goesWell);
    await story.untilReady();
    expect(await story.names('ChurnModelRevision')).toEqual(['telco-1']);
    expect(story.flaws()).toEqual([]);
  });

  it('is not made again when the training has ended: its Job', async () => {
    await story.remove('Job', 'telco-1-train');
    await until('the Job is gone', async () => (await story.find('Job', 'telco-1-train')) === undefined);
    await story.poke();
    // Something else that the operator does for this model, later: so it has looked.
    await story.remove('PodDisruptionBudget', 'telco');
    await until('it has looked', () => story.find('PodDisruptionBudget', 'telco'));
    expect(await story.names('Job')).toEqual([]);
  });
});

const Rules = z.array(z.looseObject({ resources: z.array(z.string()), verbs: z.array(z.string()) }));

/** Takes a verb on a resource away from the operator while `during` runs. */
async function without(verb: string, resource: string, during: () => Promise<void>): Promise<void> {
  const rules = Rules.parse(at(await lab.cluster.get(operatorRole), 'rules'));
  const fewer = rules.flatMap((rule) => {
    if (!rule.resources.includes(resource)) return [rule];
    const others = rule.resources.filter((name) => name !== resource);
    const kept = { ...rule, resources: [resource], verbs: rule.verbs.filter((name) => name !== verb) };
    return others.length === 0 ? [kept] : [{ ...rule, resources: others }, kept];
  });
  await lab.cluster.patch(operatorRole, { rules: fewer });
  try {
    await during();
  } finally {
    await lab.cluster.patch(operatorRole, { rules });
  }
}

function failureOf(model: KubeObject): string {
  return JSON.stringify(at(model, 'status', 'lastFailure') ?? {});
}

describe('a permission that was taken from the operator', () => {
  it.each([
    ['get', 'secrets'],
    ['create', 'churnmodelrevisions'],
    ['create', 'roles'],
    ['create', 'jobs'],
    ['create', 'deployments'],
    ['patch', 'services'],
  ])('is named while it is missing, and all goes on when it is back: %s %s', async (verb, resource) => {
    const story = await lab.story();
    await without(verb, resource, async () => {
      // The API server's authorizer learns of the change by its own watch.
      await until(
        `the operator may not ${verb} ${resource}`,
        async () => !(await may(verb, resource, story.namespace)),
      );
      await story.begin();
      const model = await story.untilModel('names what is forbidden', (seen) => failureOf(seen).includes('Forbidden'));
      expect(at(model, 'status', 'lastFailure')).toMatchObject({ component: 'Operator', reason: 'Forbidden' });
      expect(failureOf(model)).toContain(resource);
      expect(conditionsOf(model)['Ready']?.status).not.toBe('True');
      expect(conditionsOf(model)['Stalled']).toBeUndefined();
    });
    const startedAt = performance.now();
    await story.untilReady();
    printFigure(`Ready after ${verb} ${resource} was allowed again`, (performance.now() - startedAt) / 1000, 's');
    expect(at(await story.get('ChurnModel', 'telco'), 'status', 'lastFailure')).toBeUndefined();
    expect(story.flaws()).toEqual([]);
  });
});

const groups: Readonly<Record<string, string>> = {
  churnmodelrevisions: 'churnops.dev',
  deployments: 'apps',
  jobs: 'batch',
  roles: 'rbac.authorization.k8s.io',
};

async function may(verb: string, resource: string, namespace: string): Promise<boolean> {
  const review = await lab.cluster.call('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user: 'system:serviceaccount:churnops-system:churnops',
      resourceAttributes: { verb, resource, namespace, group: groups[resource] ?? '' },
    },
  });
  return at(review, 'status', 'allowed') === true;
}

describe('a quota that refuses Jobs', () => {
  it('is named, and the training begins when it has room', async () => {
    const story = await lab.story();
    await story.create('ResourceQuota', { metadata: { name: 'small' }, spec: { hard: { 'count/jobs.batch': '0' } } });
    await until('the quota counts', async () => {
      return at(await story.get('ResourceQuota', 'small'), 'status', 'hard') !== undefined;
    });
    await story.begin();
    const model = await story.untilCondition('Stalled', 'True', 'QuotaExceeded');
    expect(conditionsOf(model)['Stalled']?.message).toContain('exceeded quota: small');
    expect(at(model, 'status', 'lastFailure')).toMatchObject({ component: 'Operator', reason: 'QuotaExceeded' });
    await story.patch('ResourceQuota', 'small', { spec: { hard: { 'count/jobs.batch': '5' } } });
    await story.untilReady();
    expect(story.flaws()).toEqual([]);
  });
});
