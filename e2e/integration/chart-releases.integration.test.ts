import { annotations } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { type EarlierRelease, earlierRelease, restoreRelease } from '../harness/earlier-release.js';
import { helmOf } from '../harness/helm.js';
import { at, collectionOf, conditionsOf, type KubeObject } from '../harness/kube-object.js';
import { OperatorLab, type RunningOperator, Story } from '../harness/operator-lab.js';
import { isReady } from '../harness/ready-model.js';
import { repositoryRoot } from '../harness/repository-root.js';
import { until } from '../harness/until.js';

const chart = join(repositoryRoot(), 'charts/churnops');
const SYSTEM = 'churnops-system';
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const clusterRoles = '/apis/rbac.authorization.k8s.io/v1/clusterroles';
const definitions = ['churnmodels.churnops.dev', 'churnmodelrevisions.churnops.dev'];
/** By model, the revision that serves it in the recorded release. */
const serving = { bank: 'bank-2', retail: 'retail-1', telco: 'telco-2' };
const kinds = [
  ...([
    'ChurnModelRevision',
    'ConfigMap',
    'Deployment',
    'HorizontalPodAutoscaler',
    'Job',
    'NetworkPolicy',
    'Pod',
  ] as const),
  ...(['PodDisruptionBudget', 'ReplicaSet', 'Role', 'RoleBinding', 'Secret', 'Service', 'ServiceAccount'] as const),
];
/** Rights of a training run: this release takes them back when the run has ended. */
const trainingAccess = /^(Role|RoleBinding|ServiceAccount)\/.*-train$/;
type Snapshot = Record<string, KubeObject>;

let lab: OperatorLab;
let release: EarlierRelease;
let story: Story;
let helm: ReturnType<typeof helmOf>;
let operator: RunningOperator;
/** Everything in the namespace when release 0.1.0 had come to rest, before anything of this release. */
let before: Snapshot;

// The story of one cluster, told in order: each test begins where the one before it ended.
beforeAll(async () => {
  release = await earlierRelease('0.1.0');
  lab = await OperatorLab.start(async (plane) => {
    helm = helmOf(plane);
    await helm('install', 'churnops', release.chart, '--namespace', SYSTEM, '--create-namespace');
    await until('the definitions are served', () => helm('template', 'x', release.chart, '--validate', '--is-upgrade'));
    await restoreRelease(plane, release);
  });
  story = new Story(lab, release.namespace);
  await until('the controllers have seen everything', async () => {
    const revisions = await story.list('ReplicaSet');
    const ownByCluster = [
      await story.find('ServiceAccount', 'default'),
      await story.find('ConfigMap', 'kube-root-ca.crt'),
    ];
    return revisions.length === 3 && !ownByCluster.includes(undefined);
  });
  before = await snapshot();
});

afterAll(async () => {
  await lab.stop();
});

async function snapshot(): Promise<Snapshot> {
  const found: Snapshot = {};
  for (const kind of kinds) {
    for (const object of await story.list(kind)) found[`${kind}/${object.metadata.name}`] = object;
  }
  return found;
}

/** What would be another object, or would make pods start: everything but status, versions and the marks of who wrote what. */
function substance({ metadata, ...object }: KubeObject): object {
  const { uid, generation, labels, ownerReferences } = metadata;
  const others = { ...metadata.annotations, [annotations.appliedHash]: undefined };
  return { ...object, status: undefined, metadata: { uid, generation, labels, annotations: others, ownerReferences } };
}

function without(objects: Snapshot, names: RegExp): Snapshot {
  return Object.fromEntries(Object.entries(objects).filter(([name]) => !names.test(name)));
}

function expectUnchanged(wanted: Snapshot, found: Snapshot): void {
  for (const [name, object] of Object.entries(wanted)) {
    const live = found[name];
    expect([name, live && substance(live)]).toEqual([name, substance(object)]);
  }
}

function definitionOf(name: string): Promise<KubeObject> {
  return lab.cluster.get(`${CRDS}/${name}`);
}

async function ownersOfDefinitions(): Promise<unknown[]> {
  const objects = await Promise.all(definitions.map(definitionOf));
  return objects.map(({ metadata }) => metadata.annotations?.['meta.helm.sh/release-name']);
}

function hasField(definition: KubeObject, ...path: string[]): boolean {
  const schema = at(definition, 'spec', 'versions', 0, 'schema', 'openAPIV3Schema', 'properties', 'spec');
  const keys = path.flatMap((field) => ['properties', field]);
  return at(schema, ...keys) !== undefined;
}

async function expectModelsToServe(): Promise<void> {
  for (const [name, revision] of Object.entries(serving)) await story.untilReady(revision, name);
}

/** The operator has looked at everything that was there when it started: a model that was created later is served. */
async function untilSeenAll(witness: string): Promise<void> {
  await story.begin({}, witness);
  await story.untilReady(`${witness}-1`, witness);
}

/** Old pods are kept for a minute: here it is over at once, so that no later test finds them half gone. */
async function untilGone(revision: string, name: string): Promise<void> {
  await until(`${revision} is retired`, async () => {
    return at(await story.get('ChurnModelRevision', revision), 'status', 'retiredTime') !== undefined;
  });
  lab.clock.advance(61_000);
  await story.poke(name);
  await until(`no pod of ${revision} is left`, async () => {
    const names = await Promise.all((['Deployment', 'ReplicaSet', 'Pod'] as const).map((kind) => story.names(kind)));
    return names.flat().every((one) => !one.startsWith(revision) || one.startsWith(`${revision}-train-`));
  });
}

describe('release 0.1.0', () => {
  it('is back as it was recorded', () => {
    for (const { object } of release.objects) {
      const live = before[`${object.kind ?? ''}/${object.metadata.name}`];
      if (object.kind !== 'ChurnModel') expect(live?.metadata.uid).toBe(object.metadata.uid);
    }
  });
});

describe('helm upgrade from 0.1.0', () => {
  it.each([
    ['with the values of the release', '--reuse-values'],
    ['with new defaults', '--reset-then-reuse-values'],
  ])('would work %s', async (_, flag) => {
    await expect(
      helm('upgrade', 'churnops', chart, '--namespace', SYSTEM, '--dry-run=server', flag),
    ).resolves.toContain('kind: Deployment');
  });

  it('upgrades the operator and the definitions', async () => {
    expect(hasField(await definitionOf('churnmodels.churnops.dev'), 'suspend')).toBe(false);
    await helm('upgrade', 'churnops', chart, '--namespace', SYSTEM);
    await until('the new definition is there', async () =>
      hasField(await definitionOf('churnmodels.churnops.dev'), 'suspend'),
    );
    const deployment = await lab.cluster.get(`/apis/apps/v1/namespaces/${SYSTEM}/deployments/churnops`);
    expect(JSON.stringify(deployment)).toContain('CHURNOPS_SCRAPE_NAMESPACES');
  });

  it('leaves models that are valid, and mean what they meant', async () => {
    for (const name of Object.keys(serving)) {
      const model = await story.get('ChurnModel', name);
      expect(at(model, 'spec', 'autoscaling', 'policy')).toBe('None');
      await lab.cluster.call('PUT', `${story.path('ChurnModel', name)}?dryRun=All&fieldValidation=Strict`, model);
    }
  });
});

describe('the operator of this release', () => {
  beforeAll(async () => {
    operator = await lab.startOperator({ lease: 'churnops', version: '0.2.0' });
    await untilSeenAll('witness');
  });

  it('adds to a model of 0.1.0 what guards its pods, and no autoscaler that nobody asked for', async () => {
    const guards = [
      'NetworkPolicy/NAME',
      'PodDisruptionBudget/NAME',
      'Secret/NAME-signing',
      'ServiceAccount/NAME-serving',
    ];
    const wanted = Object.keys(serving).flatMap((model) => guards.map((guard) => guard.replace('NAME', model)));
    await until('every model has its guards', async () => {
      const found = await snapshot();
      return wanted.every((name) => name in found);
    });
    const added = Object.keys(await snapshot()).filter((name) => !(name in before) && !name.includes('/witness'));
    expect(added.sort()).toEqual(wanted.sort());
  });

  it('makes no new revision', async () => {
    const revisions = (await story.names('ChurnModelRevision')).filter((name) => name !== 'witness-1');
    expect(revisions).toEqual(['bank-1', 'bank-2', 'retail-1', 'telco-1', 'telco-2']);
  });

  it('keeps every model Ready all the time', async () => {
    await expectModelsToServe();
    for (const [name, revision] of Object.entries(serving)) {
      for (const model of story.history(name)) expect(isReady(model, revision)).toBe(true);
    }
  });

  it('changes nothing of what it found, and takes back the rights of trainings that have ended', async () => {
    const after = await snapshot();
    expectUnchanged(without(before, trainingAccess), after);
    expect(Object.keys(after).filter((name) => trainingAccess.test(name))).toEqual([]);
  });

  it('restarts no pod', async () => {
    const pods = (await story.list('Pod')).filter(({ metadata }) => !metadata.name.startsWith('witness'));
    const uids = pods.map(({ metadata }) => metadata.uid).sort();
    const recorded = Object.entries(before).filter(([name]) => name.startsWith('Pod/'));
    expect(uids).toEqual(recorded.map(([, { metadata }]) => metadata.uid).sort());
  });

  it('goes on with them: they can be scaled, and trained again', async () => {
    await story.patch('ChurnModel', 'retail/scale', { spec: { replicas: 4 } });
    await story.untilModel(
      'serves with 4 pods',
      (model) => at(model, 'status', 'current', 'readyReplicas') === 4,
      'retail',
    );
    await story.patch('ChurnModel', 'telco', { spec: { training: { seed: 11 } } });
    const model = await story.untilReady('telco-3', 'telco');
    expect(conditionsOf(model)['Ready']?.status).toBe('True');
    await untilGone('telco-2', 'telco');
  });
});

describe('helm uninstall', () => {
  it('keeps the definitions, the models and what serves them, and nothing else', async () => {
    await operator.stop();
    const left = await snapshot();
    await helm('uninstall', 'churnops', '--namespace', SYSTEM);
    expect(await ownersOfDefinitions()).toEqual(['churnops', 'churnops']);
    expect(await story.names('ChurnModel')).toEqual(['bank', 'retail', 'telco', 'witness']);
    expect(Object.keys(await snapshot())).toEqual(Object.keys(left));
    for (const path of [`/apis/apps/v1/namespaces/${SYSTEM}/deployments`, collectionOf('Role'), clusterRoles]) {
      const objects = await lab.cluster.list(path);
      expect(objects.map(({ metadata }) => metadata.labels?.['app.kubernetes.io/instance'])).not.toContain('churnops');
    }
  });
});

describe('an installation under another name', () => {
  it('is refused while nobody says that it may take over the definitions', async () => {
    await expect(helm('install', 'second', chart, '--namespace', SYSTEM)).rejects.toThrow(
      /churnmodel.*exists and cannot be imported into the current release.*meta\.helm\.sh\/release-name/,
    );
  });

  it('takes over the definitions when told so, and upgrades them from then on', async () => {
    await helm('install', 'second', chart, '--namespace', SYSTEM, '--take-ownership');
    expect(await ownersOfDefinitions()).toEqual(['second', 'second']);
    expect(await story.names('ChurnModel')).toEqual(['bank', 'retail', 'telco', 'witness']);
    await helm('upgrade', 'second', chart, '--namespace', SYSTEM, '--set', 'commonLabels.team=churn');
    for (const name of definitions) expect((await definitionOf(name)).metadata.labels).toMatchObject({ team: 'churn' });
  });

  it('adopts the models: nothing of theirs changes, and it goes on with them', async () => {
    const left = await snapshot();
    operator = await lab.startOperator({ lease: 'second-churnops', version: '0.2.0' });
    await untilSeenAll('newcomer');
    expectUnchanged(left, await snapshot());
    await story.patch('ChurnModel', 'retail/scale', { spec: { replicas: 2 } });
    await story.untilModel(
      'serves with 2 pods',
      (model) => at(model, 'status', 'replicas') === 2 && at(model, 'status', 'current', 'readyReplicas') === 2,
      'retail',
    );
    expect(story.flaws()).toEqual([]);
  });
});
