import { annotations, labels, SigningKey } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { at, collectionOf, type KubeObject } from '../harness/kube-object.js';
import { LabClock } from '../harness/lab-clock.js';
import { OperatorLab, type Story } from '../harness/operator-lab.js';
import { repositoryRoot } from '../harness/repository-root.js';
import { until } from '../harness/until.js';

const DAY_MS = 86_400_000;

const zones = { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' };
const placed = {
  nodeSelector: { 'example.com/pool': 'ml' },
  tolerations: [{ key: 'ml', operator: 'Exists', effect: 'NoSchedule' }],
  affinity: {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 1, preference: { matchExpressions: [{ key: 'spot', operator: 'DoesNotExist' }] } },
      ],
    },
  },
  priorityClassName: 'batch',
  imagePullSecrets: [{ name: 'registry' }],
};
const everything = {
  training: {
    serviceAccountName: 'lake-reader',
    pod: { ...placed, env: [{ name: 'HTTPS_PROXY', value: 'http://proxy:3128' }] },
  },
  serving: {
    serviceAccountName: 'identity',
    service: { type: 'NodePort', annotations: { 'example.com/pool': 'a', 'example.com/internal': 'true' } },
    pod: {
      ...placed,
      topologySpreadConstraints: [zones],
      labels: { 'example.com/team': 'retention' },
      annotations: { 'sidecar.istio.io/inject': 'false' },
    },
  },
};

let lab: OperatorLab;
let clock: LabClock;
/** A model that sets everything, in a namespace that takes only pods of the level `restricted`. */
let full: Story;
/** A model that sets nothing. */
let plain: Story;

beforeAll(async () => {
  lab = await OperatorLab.start();
  clock = new LabClock();
  await lab.cluster.create('/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'batch' }, value: 7 });
  full = await restrictedStory();
  for (const name of ['lake-reader', 'identity']) {
    await full.create('ServiceAccount', { metadata: { name }, automountServiceAccountToken: false });
  }
  await full.begin(everything);
  plain = await restrictedStory();
  await plain.begin();
  await lab.startOperator({ clock });
  await full.untilReady();
  await plain.untilReady();
});

afterAll(async () => {
  await lab.stop();
});

async function restrictedStory(): Promise<Story> {
  const story = await lab.story();
  const level = { 'pod-security.kubernetes.io/enforce': 'restricted', 'pod-security.kubernetes.io/warn': 'restricted' };
  await lab.cluster.patch(`${collectionOf('Namespace')}/${story.namespace}`, { metadata: { labels: level } });
  return story;
}

async function podsOf(story: Story, owner: 'Job' | 'ReplicaSet'): Promise<KubeObject[]> {
  return (await story.list('Pod')).filter(({ metadata }) => metadata.ownerReferences?.[0]?.kind === owner);
}

/** What the API server warns of when it is given a pod like this one. */
async function warningsOf(story: Story, pod: object): Promise<string> {
  const file = join(lab.controlPlane.folder, `${story.namespace}-pod.json`);
  await writeFile(file, JSON.stringify(pod));
  const { stderr } = await promisify(execFile)(join(repositoryRoot(), '.cache/bin/kubectl'), [
    `--kubeconfig=${lab.controlPlane.kubeconfig}`,
    `--cache-dir=${lab.controlPlane.folder}/kubectl`,
    `--namespace=${story.namespace}`,
    'create',
    '--dry-run=server',
    `--filename=${file}`,
  ]);
  return stderr;
}

/** A Deployment around a pod's template: it is judged, but warned of only, where a pod would be refused. */
function deploymentOf(template: unknown): object {
  const app = { app: 'judged' };
  const Template = z.looseObject({ spec: z.looseObject({}) });
  const spec = { ...Template.parse(template).spec, restartPolicy: 'Always' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'judged' },
    spec: { selector: { matchLabels: app }, template: { metadata: { labels: app }, spec } },
  };
}

describe('a model that sets everything', () => {
  it('has serving pods as it says, which keep our labels and mount no token', async () => {
    const [pod] = await podsOf(full, 'ReplicaSet');
    expect(pod?.spec).toMatchObject({
      ...placed,
      // The API server adds those that every pod has.
      tolerations: expect.arrayContaining(placed.tolerations),
      serviceAccountName: 'identity',
      automountServiceAccountToken: false,
      topologySpreadConstraints: [{ ...zones, labelSelector: { matchLabels: { [labels.model]: 'telco' } } }],
      priority: 7,
    });
    expect(pod?.metadata.labels).toMatchObject({ 'example.com/team': 'retention', [labels.revision]: 'telco-1' });
    expect(pod?.metadata.annotations).toMatchObject({ 'sidecar.istio.io/inject': 'false' });
  });

  it('has training pods as it says, with the token that they fill the artifact with', async () => {
    const [pod] = await podsOf(full, 'Job');
    expect(pod?.spec).toMatchObject({
      ...placed,
      tolerations: expect.arrayContaining(placed.tolerations),
      serviceAccountName: 'lake-reader',
      containers: [{ env: expect.arrayContaining(everything.training.pod.env) }],
    });
    expect(JSON.stringify(pod?.spec)).toContain('"serviceAccountToken"');
  });

  it('leaves the ServiceAccounts of the user as they were, and makes no other', async () => {
    expect(await full.names('ServiceAccount')).toEqual(['default', 'identity', 'lake-reader']);
    for (const name of ['identity', 'lake-reader']) {
      const account = await full.get('ServiceAccount', name);
      const managers = z.array(z.looseObject({ manager: z.string() })).parse(at(account, 'metadata', 'managedFields'));
      expect(managers.map(({ manager }) => manager)).not.toContain('churnops-operator');
    }
  });
});

describe.each([
  ['sets everything', () => full],
  ['sets nothing', () => plain],
])('a model that %s', (_, story) => {
  it('has pods of the Pod Security level restricted', async () => {
    const deployment = await story().get('Deployment', 'telco-1');
    const job = await story().get('Job', 'telco-1-train');
    for (const owner of [deployment, job]) {
      const warnings = await warningsOf(story(), deploymentOf(at(owner, 'spec', 'template')));
      expect(warnings).not.toContain('would violate PodSecurity');
    }
    const careless = deploymentOf({ spec: { containers: [{ name: 'a', image: 'a' }] } });
    expect(await warningsOf(story(), careless)).toContain('would violate PodSecurity');
  });

  it('has a NetworkPolicy that the API server stores as it was meant', async () => {
    const policy = await story().get('NetworkPolicy', 'telco');
    expect(at(policy, 'spec')).toEqual({
      podSelector: { matchLabels: { [labels.model]: 'telco' } },
      policyTypes: ['Ingress'],
      ingress: [
        { ports: [{ protocol: 'TCP', port: 8080 }] },
        {
          from: [
            {
              namespaceSelector: {
                matchExpressions: [
                  { key: 'kubernetes.io/metadata.name', operator: 'In', values: ['churnops-system', 'monitoring'] },
                ],
              },
            },
          ],
          ports: [{ protocol: 'TCP', port: 9090 }],
        },
        {
          from: [
            {
              podSelector: {
                matchLabels: { 'app.kubernetes.io/component': 'serving', 'churnops.dev/model': 'telco' },
              },
            },
          ],
          ports: [{ protocol: 'TCP', port: 8081 }],
        },
      ],
    });
    for (const pod of await story().list('Pod')) expect(pod.metadata.labels?.[labels.model]).toBe('telco');
  });
});

describe('the ServiceAccount of serving pods', () => {
  it('is one of the model that no token is mounted for', async () => {
    expect(at(await plain.get('ServiceAccount', 'telco-serving'), 'automountServiceAccountToken')).toBe(false);
    for (const pod of await podsOf(plain, 'ReplicaSet')) {
      expect(at(pod, 'spec', 'serviceAccountName')).toBe('telco-serving');
      expect(JSON.stringify(pod['spec'])).not.toContain('serviceAccountToken');
    }
  });
});

/** What the model and others asked for. */
function annotationsOf({ metadata }: KubeObject): object {
  const { [annotations.appliedHash]: hash, ...others } = metadata.annotations ?? {};
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  return others;
}

describe('the Service', () => {
  it('follows its type and annotations at once, without a revision, and keeps what others set', async () => {
    const pods = (await full.list('Pod')).map(({ metadata }) => metadata.uid).sort();
    const before = await full.get('Service', 'telco');
    const nodePort = at(before, 'spec', 'ports', 0, 'nodePort');
    expect(nodePort).toBeGreaterThan(0);
    await full.patch('Service', 'telco', { metadata: { annotations: { 'example.org/theirs': 'kept' } } });

    const wanted = { 'example.com/pool': 'b', 'example.com/internal': null };
    await full.patch('ChurnModel', 'telco', { spec: { serving: { service: { annotations: wanted } } } });
    const changed = await until('the annotations are as the model says', async () => {
      const service = await full.get('Service', 'telco');
      return service.metadata.annotations?.['example.com/pool'] === 'b' && service;
    });
    expect(annotationsOf(changed)).toEqual({ 'example.com/pool': 'b', 'example.org/theirs': 'kept' });
    expect(at(changed, 'spec', 'ports', 0, 'nodePort')).toBe(nodePort);

    await full.patch('ChurnModel', 'telco', {
      spec: { serving: { service: { type: 'ClusterIP', annotations: { 'example.com/pool': null } } } },
    });
    const plainAgain = await until('the Service is reached from inside only', async () => {
      const service = await full.get('Service', 'telco');
      return at(service, 'spec', 'type') === 'ClusterIP' && service;
    });
    expect(annotationsOf(plainAgain)).toEqual({ 'example.org/theirs': 'kept' });
    expect(plainAgain.metadata.uid).toBe(before.metadata.uid);
    expect(at(plainAgain, 'spec', 'ports', 0, 'nodePort')).toBeUndefined();

    await full.untilReady();
    expect(await full.names('ChurnModelRevision')).toEqual(['telco-1']);
    expect((await full.list('Pod')).map(({ metadata }) => metadata.uid).sort()).toEqual(pods);
  });
});

describe('a generated API key', () => {
  const told = async () => (await plain.list('Event')).map((event) => at(event, 'reason'));

  it('that is made for a new model is no rotation', async () => {
    await until('the promotion is told, which comes later', async () => (await told()).includes('Promoted'));
    expect(await told()).not.toContain('ApiKeyRotated');
  });

  it.each([[['telco-api-key']], [['telco-api-key', 'telco-api-keys']]])(
    'is rotated by deleting %j, and people are told',
    async (names) => {
      const before = (await plain.get('Secret', 'telco-api-keys')).metadata.annotations?.[annotations.keySha256];
      for (const name of names) await plain.remove('Secret', name);
      await plain.poke();
      await until('the hash of another key is published', async () => {
        const [key, keys] = [await plain.find('Secret', 'telco-api-key'), await plain.find('Secret', 'telco-api-keys')];
        const hash = keys?.metadata.annotations?.[annotations.keySha256];
        return hash !== undefined && hash !== before && hash === key?.metadata.annotations?.[annotations.keySha256];
      });
      await until('people are told', async () => (await told()).includes('ApiKeyRotated'));
    },
  );
});

describe('signing keys', () => {
  const idsOf = (secret: KubeObject) => (secret.metadata.annotations?.[annotations.signingKeys] ?? '').split(',');
  const contentOf = (secret: KubeObject) => z.record(z.string(), z.string()).parse(secret['data']);
  const untilIds = (sentence: string, wanted: (ids: string[]) => boolean) =>
    until(sentence, async () => {
      await plain.poke();
      const secret = await plain.find('Secret', 'telco-signing');
      return secret !== undefined && wanted(idsOf(secret)) && secret;
    });

  it('are two of 256 bits, mounted by pods that can do without', async () => {
    const secret = await plain.get('Secret', 'telco-signing');
    const content = contentOf(secret);
    expect(Object.keys(content).sort()).toEqual(idsOf(secret));
    for (const encoded of Object.values(content)) {
      const key = SigningKey.parse(Buffer.from(encoded, 'base64').toString());
      expect(Buffer.from(key, 'base64')).toHaveLength(32);
    }
    const [pod] = await podsOf(plain, 'ReplicaSet');
    const volumes = z.array(z.looseObject({ name: z.string() })).parse(at(pod, 'spec', 'volumes'));
    expect(volumes.find(({ name }) => name === 'signing')).toMatchObject({
      secret: { secretName: 'telco-signing', optional: true },
    });
  });

  it('are replaced one by one when 30 days are over, and no pod with them', async () => {
    const pods = (await plain.list('Pod')).map(({ metadata }) => metadata.uid).sort();
    const before = await plain.get('Secret', 'telco-signing');
    const [, younger = ''] = idsOf(before);
    clock.advance(31 * DAY_MS);
    const after = await untilIds('there is a new key', (ids) => ids[0] === younger);
    expect(Object.keys(contentOf(after)).sort()).toEqual(idsOf(after));
    expect(contentOf(after)[younger]).toBe(contentOf(before)[younger]);
    expect((await plain.list('Pod')).map(({ metadata }) => metadata.uid).sort()).toEqual(pods);
  });

  it('are all new when their annotation was lost, or their Secret', async () => {
    const before = await plain.get('Secret', 'telco-signing');
    const known = new Set(idsOf(before));
    const isNew = (ids: string[]) => ids.length === 2 && ids.every((id) => !known.has(id) && id !== 'mine');
    await plain.patch('Secret', 'telco-signing', { metadata: { annotations: { [annotations.signingKeys]: 'mine' } } });
    const replaced = await untilIds('both keys are new', isNew);
    expect(replaced.metadata.uid).toBe(before.metadata.uid);
    expect(Object.keys(contentOf(replaced)).sort()).toEqual(idsOf(replaced));

    for (const id of idsOf(replaced)) known.add(id);
    await plain.remove('Secret', 'telco-signing');
    const made = await untilIds('both keys are new again', isNew);
    expect(Object.keys(contentOf(made)).sort()).toEqual(idsOf(made));
  });
});
