import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ChurnModelSpec } from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { good, model, revision, SHA256, world } from '../fixtures/world-builder.js';
import { jobTemplate } from './job-template.js';
import { podTemplate } from './pod-template.js';
import { hashesOf } from './revision.js';
import { servingDeployment } from './serving-deployment.js';
import { trainingAccess } from './training-access.js';
import { trainingInput } from './training-input.js';
import { trainingJob } from './training-job.js';

const { release } = world();
const artifact = { configMap: 'telco-1-artifact-01234567', sha256: SHA256 };

const Released = z.record(
  z.string(),
  z.strictObject({
    spec: z.unknown(),
    jobTemplate: z.string(),
    podTemplate: z.string(),
    inputHash: z.string(),
    servingHash: z.string(),
  }),
);
const released = Released.parse(
  JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/release-0.1.0.json'), 'utf8')),
);

/** What came to the template after release 0.1.0 also where the user sets nothing. */
const additions = [
  ',{"name":"peer","containerPort":8081,"protocol":"TCP"}',
  `,{"path":"routing","fieldRef":{"fieldPath":"metadata.annotations['churnops.dev/routing']"}}`,
  ',{"name":"signing","mountPath":"/var/run/churnops/signing","readOnly":true}',
  ',{"name":"signing","secret":{"secretName":"telco-signing","optional":true,"defaultMode":288}}',
  ',"serviceAccountName":"telco-serving"',
];

describe.each(Object.entries(released))('a spec that release 0.1.0 knew (%s)', (_, old) => {
  const spec = ChurnModelSpec.parse(old.spec);

  it('has the same training Job, byte for byte', () => {
    expect(JSON.stringify(jobTemplate(spec, release))).toBe(old.jobTemplate);
  });

  it('has the same serving pods but for the ServiceAccount, the signing keys and the routing', () => {
    const text = JSON.stringify(podTemplate('telco', spec, release));
    expect(additions.filter((addition) => !text.includes(addition))).toEqual([]);
    expect(additions.reduce((rest, addition) => rest.replace(addition, ''), text)).toBe(old.podTemplate);
  });

  it('has the same hashes, so that an upgrade makes no revision', () => {
    expect(hashesOf(spec)).toEqual({ inputHash: old.inputHash, servingHash: old.servingHash });
  });

  it.each([
    { caBundleRef: { kind: 'ConfigMap' as const, name: 'lake-ca', key: 'ca.crt' } },
    { https: { addressPolicy: 'AllowPrivate' as const } },
    { query: 'SELECT 1' },
    { postgres: { tlsMode: 'Disable' as const, statementTimeoutSeconds: 300 } },
  ])('has another hash with %j, and the same serving pods', (more) => {
    const changed = { ...spec, data: { ...spec.data, ...more } };
    expect(hashesOf(changed).inputHash).not.toBe(old.inputHash);
    expect(hashesOf(changed).servingHash).toBe(old.servingHash);
  });

  it('has another hash when a leak is to be treated in another way', () => {
    const changed = { ...spec, training: { ...spec.training, leakPolicy: 'Keep' as const } };
    expect(hashesOf(changed).inputHash).not.toBe(old.inputHash);
    expect(hashesOf(changed).servingHash).toBe(old.servingHash);
  });
});

const placed = {
  nodeSelector: { 'example.com/pool': 'ml' },
  tolerations: [{ key: 'ml', operator: 'Exists', effect: 'NoSchedule' }],
  affinity: { nodeAffinity: { anything: [1] } },
  priorityClassName: 'batch',
  imagePullSecrets: [{ name: 'registry' }],
};

const Template = z.looseObject({ template: z.looseObject({ metadata: z.unknown(), spec: z.looseObject({}) }) });

function servingTemplate(serving: object) {
  const given = model({ serving });
  return Template.parse(servingDeployment(given, revision(given, 1, good()), artifact)['spec']).template;
}

function trainingTemplate(training: object) {
  const given = model({ training });
  return Template.parse(trainingJob(given, revision(given), 1)['spec']).template;
}

describe('settings of pods', () => {
  it.each([
    ['serving', () => servingTemplate({ pod: placed })],
    ['training', () => trainingTemplate({ pod: placed })],
  ])('say where %s pods run', (_, template) => {
    expect(template().spec).toMatchObject(placed);
  });

  it.each([
    ['serving', () => servingTemplate({})],
    ['training', () => trainingTemplate({})],
  ])('leave no empty field in %s pods', (_, template) => {
    for (const field of Object.keys(placed)) expect(template().spec).not.toHaveProperty(field);
  });

  it('spread the pods of one template among themselves', () => {
    const zones = { maxSkew: 2, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' };
    expect(servingTemplate({ pod: { topologySpreadConstraints: [zones] } }).spec).toMatchObject({
      topologySpreadConstraints: [
        {
          ...zones,
          labelSelector: { matchLabels: { 'churnops.dev/model': 'telco' } },
          matchLabelKeys: ['pod-template-hash'],
        },
      ],
    });
  });

  it('add labels and annotations, and never win over ours', () => {
    const labels = { team: 'retention', 'churnops.dev/revision': 'telco-9' };
    const annotations = { 'sidecar.istio.io/inject': 'true', 'churnops.dev/artifact-sha256': 'b' };
    expect(servingTemplate({ pod: { labels, annotations } }).metadata).toEqual({
      labels: {
        team: 'retention',
        'app.kubernetes.io/name': 'churnops',
        'app.kubernetes.io/component': 'serving',
        'app.kubernetes.io/managed-by': 'churnops-operator',
        'churnops.dev/model': 'telco',
        'churnops.dev/revision': 'telco-1',
      },
      annotations: { 'sidecar.istio.io/inject': 'true', 'churnops.dev/artifact-sha256': SHA256 },
    });
  });

  it('belong to the revision: a later change of the spec leaves its Deployment as it is', () => {
    const before = model();
    const first = revision(before, 1, good());
    const after = model({ serving: { pod: placed, serviceAccountName: 'other' } });
    expect(servingDeployment(after, first, artifact)).toEqual(servingDeployment(before, first, artifact));
  });

  it('add to the environment of the trainer behind ours, so that ours expands nothing of the user', () => {
    const env = [{ name: 'HTTPS_PROXY', value: 'http://proxy:3128' }];
    const { spec } = trainingTemplate({ pod: { env } });
    const names = z
      .looseObject({ containers: z.array(z.looseObject({ env: z.array(z.looseObject({ name: z.string() })) })) })
      .parse(spec)
      .containers[0]?.env.map(({ name }) => name);
    expect(names?.slice(0, 3)).toEqual(['CHURNOPS_TRAINING_INPUT', 'CHURNOPS_DATA_ROOT', 'HTTPS_PROXY']);
  });

  it('hide dollars of column names from the kubelet, which expands them', () => {
    const given = model({ data: { uri: 's3://lake/telco.csv', label: 'US$$', entityKey: '$(HOME)' } });
    const text = JSON.stringify(jobTemplate(given.spec, release));
    expect(text).not.toContain('$');
    expect(JSON.stringify(revision(given).spec.training)).toContain('US$$');
  });
});

const Mounted = z.looseObject({
  containers: z.tuple([
    z.looseObject({
      env: z.array(z.looseObject({ name: z.string(), value: z.string() })),
      volumeMounts: z.array(z.looseObject({ name: z.string() })),
    }),
  ]),
  volumes: z.array(z.looseObject({ name: z.string() })),
});

describe('where the table is', () => {
  it.each([
    [
      'a ConfigMap',
      { name: 'lake-ca' },
      { configMap: { name: 'lake-ca', optional: true, items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    ],
    [
      'a Secret',
      { kind: 'Secret', name: 'db-tls', key: 'root.pem' },
      { secret: { secretName: 'db-tls', optional: true, items: [{ key: 'root.pem', path: 'ca.crt' }] } },
    ],
  ])('gives the training pod the CAs of %s', (_, caBundleRef, source) => {
    const given = model({ data: { uri: 's3://lake/telco.csv', label: 'churn', caBundleRef } });
    const { containers, volumes } = Mounted.parse(jobTemplate(given.spec, release).template.spec);
    expect(volumes).toContainEqual({ name: 'ca', ...source });
    expect(containers[0].volumeMounts).toContainEqual({
      name: 'ca',
      mountPath: '/var/run/churnops/ca',
      readOnly: true,
    });
    expect(containers[0].env).toContainEqual({ name: 'CHURNOPS_CA_FILE', value: '/var/run/churnops/ca/ca.crt' });
  });

  it('is told the trainer with all that it needs', () => {
    const data = {
      uri: 'postgres://db:5432/churn',
      query: 'SELECT * FROM customers',
      secretRef: { name: 'db' },
      label: 'churn',
      postgres: { tlsMode: 'Require' as const },
    };
    const told = trainingInput(model({ data }).spec).data;
    expect(told).toMatchObject({
      uri: data.uri,
      query: data.query,
      postgres: { tlsMode: 'Require', statementTimeoutSeconds: 300 },
    });
    const web = { uri: 'https://host/t.csv', label: 'churn', https: {} };
    expect(trainingInput(model({ data: web }).spec).data.https).toEqual({ addressPolicy: 'PublicOnly' });
  });
});

describe('ServiceAccounts', () => {
  it.each([
    ['of the model', '', 'telco-serving'],
    ['of the user', 'workload-identity', 'workload-identity'],
  ])('%s run serving pods, without a token', (_, serviceAccountName, expected) => {
    expect(servingTemplate({ serviceAccountName }).spec).toMatchObject({
      serviceAccountName: expected,
      automountServiceAccountToken: false,
    });
  });

  it('of the revision run training pods unless the user names one, whose token is mounted', () => {
    expect(trainingTemplate({}).spec).toMatchObject({ serviceAccountName: 'telco-1-train' });
    expect(trainingTemplate({ serviceAccountName: 'lake-reader' }).spec).toMatchObject({
      serviceAccountName: 'lake-reader',
      automountServiceAccountToken: true,
    });
  });

  it('of the user are bound to the Role and never written', () => {
    const given = model({ training: { serviceAccountName: 'lake-reader' } });
    const access = trainingAccess(given, revision(given));
    expect(access.map(({ kind }) => kind)).toEqual(['Role', 'RoleBinding']);
    expect(access[1]).toMatchObject({
      metadata: { name: 'telco-1-train' },
      subjects: [{ kind: 'ServiceAccount', name: 'lake-reader', namespace: 'retention' }],
    });
  });
});

describe('a bucket for artifacts', () => {
  const s3 = { bucket: 'models', secretRef: { name: 'keys' }, caBundleRef: { name: 'ca' } };
  const given = model({ artifacts: { s3 } });
  const stored = { ...artifact, uri: `s3://models/retention/telco-1-artifact-01234567/${SHA256}` };
  const Containers = z.looseObject({
    initContainers: z.array(z.looseObject({ env: z.array(z.unknown()), volumeMounts: z.array(z.unknown()) })),
    containers: z.array(z.looseObject({ volumeMounts: z.array(z.looseObject({ name: z.string() })) })),
    volumes: z.array(z.looseObject({ name: z.string() })),
  });

  it('tells the trainer where to write, with the keys', () => {
    const text = JSON.stringify(trainingJob(given, revision(given), 1));
    expect(text).toContain('"s3://models/retention/telco-1-artifact-01234567"');
    expect(text).toContain('"secretName":"keys"');
    expect(text).toContain('"CHURNOPS_ARTIFACT_CA_FILE"');
  });

  it.each([
    ['in the same bucket by its address', stored.uri, 'CHURNOPS_CURRENT_ARTIFACT_URI', stored.uri],
    [
      'elsewhere from its ConfigMap',
      's3://other/retention/telco-1/hash',
      'CHURNOPS_CURRENT_ARTIFACT',
      expect.any(String),
    ],
  ])('lets the trainer read the artifact of what serves %s', (_, uri, name, value) => {
    const job = trainingJob(given, revision(given, 2), 1, { ...stored, uri });
    const pod = Mounted.parse(Template.parse(job['spec']).template.spec);
    const told = pod.containers[0].env.filter((variable) => variable.name.startsWith('CHURNOPS_CURRENT'));
    expect(told).toEqual([{ name, value }]);
    expect(pod.volumes.some((volume) => volume.name === 'current')).toBe(name === 'CHURNOPS_CURRENT_ARTIFACT');
  });

  it('is read by a container that ends before the one starts that answers, which has no keys', () => {
    const { spec } = Template.parse(servingDeployment(given, revision(given, 1, good()), stored)['spec']).template;
    const pod = Containers.parse(spec);
    expect(pod.initContainers[0]?.env).toEqual(
      expect.arrayContaining([
        { name: 'CHURNOPS_ARTIFACT_URI', value: stored.uri },
        { name: 'CHURNOPS_ARTIFACT_SHA256', value: SHA256 },
      ]),
    );
    expect(pod.volumes).toContainEqual({ name: 'artifact', emptyDir: {} });
    expect(pod.containers[0]?.volumeMounts.map(({ name }) => name)).not.toContain('artifact-credentials');
  });

  it('makes another revision, which is trained, when it changes', () => {
    const hashes = [model(), given, model({ artifacts: { s3: { ...s3, bucket: 'other' } } })].map(({ spec }) =>
      hashesOf(spec),
    );
    expect(new Set(hashes.map(({ inputHash }) => inputHash)).size).toBe(3);
    expect(new Set(hashes.map(({ servingHash }) => servingHash)).size).toBe(1);
  });
});
