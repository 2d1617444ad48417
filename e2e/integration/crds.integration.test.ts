import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ChurnModelSpec } from '@churnops/crds';
import { z } from 'zod';
import { type ControlPlane, startControlPlane } from '../harness/control-plane.js';
import { until } from '../harness/until.js';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
let home: string;
let plane: ControlPlane;

async function kubectl(...args: string[]): Promise<string> {
  const access = ['--kubeconfig', plane.kubeconfig, '--cache-dir', home];
  const { stdout } = await run(join(root, '.cache/bin/kubectl'), [...access, ...args]);
  return stdout;
}

let files = 0;

async function write(verb: 'create' | 'replace', object: object, ...more: string[]): Promise<string> {
  files += 1;
  const file = join(home, `${files}.json`);
  await writeFile(file, JSON.stringify(object));
  return kubectl(verb, '--validate=strict', '-f', file, '-o', 'json', ...more);
}

function model(name: string, spec: object) {
  return { apiVersion: 'churnops.dev/v1alpha1', kind: 'ChurnModel', metadata: { name }, spec };
}

const data = { uri: 's3://lake/telco.csv', label: 'churn' };

const database = { ...data, uri: 'postgres://db:5432/churn', query: 'SELECT 1', secretRef: { name: 'db' } };

/** Made before the rule was that it breaks: an upgrade of the definitions meets such models. */
const older = model('older', { data, serving: { resources: { requests: { memory: '192Mi' } } } });

const zones = { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' };
const settings = {
  data,
  training: {
    serviceAccountName: 'lake-reader',
    pod: {
      nodeSelector: { 'example.com/pool': 'ml' },
      tolerations: [{ operator: 'Exists' }, { key: 'ml', effect: 'NoExecute', tolerationSeconds: 60 }],
      affinity: { nodeAffinity: { whatever: { the: ['API', 'says'] } } },
      priorityClassName: 'batch',
      imagePullSecrets: [{ name: 'registry' }],
      env: [{ name: 'HTTPS_PROXY', value: 'http://proxy:3128' }],
    },
  },
  serving: {
    service: { type: 'NodePort', annotations: { 'example.com/internal': 'true' } },
    pod: {
      labels: { 'example.com/team': 'retention', tier: '' },
      annotations: { 'sidecar.istio.io/inject': 'true' },
      topologySpreadConstraints: [{ ...zones, minDomains: 2 }],
    },
  },
  autoscaling: {
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }],
    behavior: { scaleDown: { stabilizationWindowSeconds: 60 } },
  },
};

const sha256 = 'a'.repeat(64);
const revision = {
  apiVersion: 'churnops.dev/v1alpha1',
  kind: 'ChurnModelRevision',
  metadata: { name: 'telco-1' },
  spec: {
    model: 'telco',
    number: 1,
    trigger: 'Created',
    inputHash: sha256,
    servingHash: sha256,
    training: '{}',
    jobTemplate: '{}',
    podTemplate: '{}',
  },
};

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'crds-'));
  plane = await startControlPlane();
  const definitions = ['churnmodels', 'churnmodelrevisions'];
  await writeOlderModel();
  for (const plural of definitions) {
    await kubectl('apply', '--server-side', '--validate=strict', '-f', join(root, `crds/churnops.dev_${plural}.yaml`));
    await kubectl('wait', '--for=condition=Established', '--timeout=120s', `crd/${plural}.churnops.dev`);
  }
});

/** With a definition that has no rules for the spec as a whole. */
async function writeOlderModel(): Promise<void> {
  const yaml = await readFile(join(root, 'crds/churnops.dev_churnmodels.yaml'), 'utf8');
  const lenient = yaml.replaceAll(/rule: .*serving\.resources\.requests.*/g, 'rule: "true"');
  expect(lenient).not.toBe(yaml);
  const file = join(home, 'lenient.yaml');
  await writeFile(file, lenient);
  await kubectl('apply', '--server-side', '-f', file);
  await kubectl('wait', '--for=condition=Established', '--timeout=120s', 'crd/churnmodels.churnops.dev');
  await until('the definition is served', () => write('create', older).catch(() => undefined));
}

afterAll(async () => {
  await plane.stop();
  await rm(home, { recursive: true, force: true });
});

const Nested = z.record(z.string(), z.unknown());

/** Names of the fields of a spec, without those inside of maps and of objects that are passed on. */
function* fieldNames(value: object): Generator<string> {
  const ends = ['nodeSelector', 'labels', 'annotations', 'requests', 'limits', 'affinity', 'metrics', 'behavior'];
  for (const [name, inner] of Object.entries(Nested.parse(value))) {
    yield name;
    const below = z
      .union([Nested, z.array(Nested).transform((items) => items[0] ?? {})])
      .catch({})
      .parse(inner);
    if (!ends.includes(name)) yield* fieldNames(below);
  }
}

const Stored = z.looseObject({ spec: z.unknown(), status: z.unknown() });

describe('a ChurnModel of a few lines', () => {
  it('gets every default, the same as the contracts say', async () => {
    const stored = Stored.parse(JSON.parse(await write('create', model('short', { data }))));
    expect(stored.spec).toEqual(ChurnModelSpec.parse({ data }));
    expect(stored.status).toEqual({ observedGeneration: -1 });
  });

  it('is sized by a HorizontalPodAutoscaler', () => {
    expect(ChurnModelSpec.parse({ data }).autoscaling).toEqual({
      policy: 'HorizontalPodAutoscaler',
      replicas: 2,
      minReplicas: 2,
      maxReplicas: 10,
      targetCpuUtilizationPercent: 70,
      metrics: [],
      behavior: {},
    });
  });

  it('can be scaled', async () => {
    await write('create', model('scaled', { data }));
    await kubectl('scale', 'churn/scaled', '--replicas=5');
    expect(await kubectl('get', 'churn', 'scaled', '-o', 'jsonpath={.spec.autoscaling.replicas}')).toBe('5');
  });

  it('is listed with its columns, its short name and its category', async () => {
    await write('create', model('listed', { data }));
    const wide = await kubectl('get', 'churn', '-o', 'wide');
    expect(wide.split('\n')[0]?.split(/\s+/)).toEqual(
      'NAME READY STAGE REVISION CANDIDATE WEIGHT AUC AGE URL THRESHOLD REPLICAS MESSAGE'.split(' '),
    );
    expect(await kubectl('get', 'churnops', '-o', 'name')).toContain('churnmodel.churnops.dev/listed');
  });
});

describe('a ChurnModel with every setting of pods', () => {
  it('is stored as it was written', async () => {
    const stored = Stored.parse(JSON.parse(await write('create', model('settings', settings))));
    expect(stored.spec).toMatchObject(settings);
    expect(stored.spec).toEqual(ChurnModelSpec.parse(settings));
  });
});

describe('a ChurnModel from before a rule that it breaks', () => {
  it('gets its status, and new labels, and is refused only when its spec changes', async () => {
    await until('the rule is in force', () =>
      write('create', { ...older, metadata: { name: 'newer' } }, '--dry-run=server').then(
        () => false,
        (error: unknown) => String(error).includes('a CPU target needs'),
      ),
    );
    const status = JSON.stringify({ status: { observedGeneration: 1, stage: 'Serving' } });
    await kubectl('patch', 'churn', 'older', '--subresource=status', '--type=merge', '-p', status);
    await kubectl('label', 'churn', 'older', 'team=retention');
    expect(await kubectl('get', 'churn', 'older', '-o', 'jsonpath={.status.stage} {.metadata.labels.team}')).toBe(
      'Serving retention',
    );
    const change = JSON.stringify({ spec: { training: { seed: 7 } } });
    await expect(kubectl('patch', 'churn', 'older', '--type=merge', '-p', change)).rejects.toThrow(
      /a CPU target needs/,
    );
  });
});

describe('kubectl explain', () => {
  it('names every field of the spec', async () => {
    const text = await kubectl('explain', 'churnmodel.spec', '--recursive');
    const named = new Set([...text.matchAll(/^ +(\w+)\t</gm)].map(([, name]) => name));
    expect([...fieldNames(ChurnModelSpec.parse(settings))].filter((name) => !named.has(name))).toEqual([]);
  });

  it.each([
    ['churnmodel', 'predicts which customers leave'],
    ['churnmodel.spec.data.positiveLabel', 'The value of the label that means "has left"'],
    ['churnmodel.spec.training.gates.minValue', 'The model is refused below this value'],
    ['churnmodel.status.conditions.observedGeneration', 'that this condition speaks of'],
    [
      'churnmodel.spec.training.seed',
      'Seed of everything random in training. Another value trains again. Default: 42.',
    ],
    ['churnmodel.spec.serving.pod.affinity.nodeAffinity', 'Which nodes, as in a PodSpec'],
    ['churnmodel.spec.autoscaling.metrics.type', 'Type of the metric'],
    ['churnmodelrevision.spec.jobTemplate', 'The rendered spec of the training Job'],
  ])('describes %s', async (field, text) => {
    expect((await kubectl('explain', field)).replaceAll(/\s+/g, ' ')).toContain(text);
  });
});

function resources(of: object) {
  return { serving: { resources: of } };
}

function pod(of: object) {
  return { data, serving: { pod: of } };
}

function rollout(steps: readonly object[]) {
  return { data, rollout: { steps } };
}

function training(of: object) {
  return { data, training: { pod: of } };
}

describe('the API server accepts', () => {
  it.each<[string, string, object]>([
    ['a name of forty characters', 'a'.repeat(40), { data }],
    ['an entity key', 'entity', { data: { ...data, entityKey: 'customer_id' } }],
    [
      'a file in a volume',
      'file',
      { data: { ...data, uri: 'file:///t.csv', volume: { persistentVolumeClaimName: 'c' } } },
    ],
    ['a bucket of files', 'bucket', { data: { ...data, uri: 's3://lake/' } }],
    ['a web address', 'web', { data: { ...data, uri: 'https://host:8443/a/t.csv?signature=x', https: {} } }],
    ['a database', 'database', { data: database }],
    [
      'a bundle of CAs',
      'ca',
      { data: { ...data, caBundleRef: { kind: 'Secret', name: 'lake.tls', key: 'root.pem' } } },
    ],
    ['an MLflow server', 'mlflow', { data, registry: { mlflow: { url: 'https://[::1]:5000/a/b' } } }],
    [
      'an MLflow server with all settings',
      'mlflow-all',
      {
        data,
        registry: {
          mlflow: {
            url: 'http://mlflow.mlops.svc:5000',
            secretRef: { name: 'mlflow' },
            caBundleRef: { name: 'ca', key: 'root.pem' },
            registeredModelName: 'Churn of telco_1.2',
            championAlias: 'production',
            challengerAlias: 'Candidate-2',
          },
        },
      },
    ],
    ['a fixed threshold', 'fixed', { data, decision: { thresholdPolicy: 'Fixed', fixedThreshold: '0.5' } }],
    [
      'a gate with both bounds',
      'gate',
      { data, training: { gates: [{ metric: 'F1', minValue: '0.1', maxValue: '0.1' }] } },
    ],
    ['a gate on the change', 'change', { data, training: { gates: [{ metric: 'F1', minChange: '-0.02' }] } }],
    [
      'every setting of a search',
      'search',
      {
        data,
        training: {
          leakPolicy: 'Reject',
          parameters: [{ name: 'max_depth', value: '4' }],
          search: { maxTrials: 1, timeoutSeconds: 60 },
          calibration: 'Sigmoid',
        },
      },
    ],
    [
      'a threshold by profit',
      'profit',
      { data, decision: { thresholdPolicy: 'MaximumProfit', profit: { customerValue: '500' } } },
    ],
    ['an override of a feature', 'feature', { data, features: [{ name: 'zip', type: 'Categorical' }] }],
    ['every setting of pods', 'settings-dry', settings],
    [
      'excluded labels beside the positive one',
      'labels',
      { data: { ...data, positiveLabel: 'Yes', excludeLabels: ['Joined'] } },
    ],
    ['a threshold close to 0', 'low', { data, decision: { thresholdPolicy: 'Fixed', fixedThreshold: '0.0001' } }],
    ['as many replicas at least as at most', 'bounds', { data, autoscaling: { minReplicas: 3, maxReplicas: 3 } }],
    ['a limit of CPU instead of a request', 'limited', { data, ...resources({ limits: { cpu: '1', memory: '1Gi' } }) }],
    [
      'no request of CPU with metrics of the user',
      'metrics',
      { ...settings, ...resources({ requests: { memory: '1Gi' } }) },
    ],
    [
      'no request of CPU without an autoscaler of ours',
      'keda',
      { data, ...resources({ requests: { memory: '1Gi' } }), autoscaling: { policy: 'External' } },
    ],
    [
      'a request that is its limit',
      'equal',
      { data, ...resources({ requests: { cpu: '1' }, limits: { cpu: '1000m' } }) },
    ],
    ['a rollout of one step', 'step', rollout([{ percent: 99, minSeconds: 30, maxSeconds: 30 }])],
    ['steps that grow', 'steps', rollout([{ percent: 1 }, { percent: 2 }, { percent: 50, approval: 'Required' }])],
    ['a toleration of everything', 'tolerant', { data, serving: { pod: { tolerations: [{ operator: 'Exists' }] } } }],
  ])('%s', async (_, name, spec) => {
    await expect(write('create', model(name, spec), '--dry-run=server')).resolves.toContain(name);
  });
});

const sources = join(root, 'e2e/samples/sources');

describe('the samples of data sources', () => {
  it.each(readdirSync(sources))('are accepted: %s', async (file) => {
    const created = await kubectl('create', '--validate=strict', '-f', join(sources, file), '--dry-run=server');
    expect(created).toContain('created');
  });
});

function mlflowServers(wrong: readonly [string, object, RegExp][]): [string, string, object, RegExp][] {
  return wrong.map(([what, mlflow, said]) => [
    `an MLflow server with ${what}`,
    'bad',
    { data, registry: { mlflow } },
    said,
  ]);
}

describe('the API server refuses', () => {
  const name = 'bad';
  it.each<[string, string, object, RegExp]>([
    ['a name of 41 characters', 'a'.repeat(41), { data }, /at most 40 characters/],
    ['a name that starts with a digit', '1telco', { data }, /starts with a letter/],
    ['a name with a dot', 'tel.co', { data }, /metadata.name must/],
    ['the label as a feature', name, { data, features: [{ name: 'churn' }] }, /the label is never a feature/],
    [
      'the entity key as a feature',
      name,
      { data: { ...data, entityKey: 'id' }, features: [{ name: 'id' }] },
      /the entity key is never a feature/,
    ],
    ['a step as large as the one before', name, rollout([{ percent: 5 }, { percent: 5 }]), /a larger percent than/],
    ['a step smaller than one before', name, rollout([{ percent: 9 }, { percent: 5 }]), /a larger percent than/],
    ['a step of everything', name, rollout([{ percent: 100 }]), /less than or equal to 99/],
    ['no step', name, rollout([]), /at least 1 item/],
    ['a step shorter than usual', name, rollout([{ percent: 5, maxSeconds: 59 }]), /must not be below minSeconds/],
    ['the label as entity key', name, { data: { ...data, entityKey: 'churn' } }, /must be different columns/],
    [
      'a fixed policy without threshold',
      name,
      { data, decision: { thresholdPolicy: 'Fixed' } },
      /needs fixedThreshold/,
    ],
    [
      'a threshold of 0',
      name,
      { data, decision: { thresholdPolicy: 'Fixed', fixedThreshold: '0' } },
      /above 0 and below 1/,
    ],
    [
      'a threshold of 1',
      name,
      { data, decision: { thresholdPolicy: 'Fixed', fixedThreshold: '1.0' } },
      /above 0 and below 1/,
    ],
    ...mlflowServers([
      ['a password in it', { url: 'https://user:secret@mlflow' }, /mlflow.url/],
      ['a query', { url: 'http://mlflow?a=b' }, /mlflow.url/],
      ['another scheme', { url: 'file:///etc' }, /mlflow.url/],
      ['one alias for both', { url: 'http://mlflow', challengerAlias: 'champion' }, /must be different/],
      ['an alias that MLflow reserves', { url: 'http://mlflow', championAlias: 'v12' }, /MLflow reserves/],
      ['another alias that it reserves', { url: 'http://mlflow', championAlias: 'Latest' }, /MLflow reserves/],
      ['a name with a slash', { url: 'http://mlflow', registeredModelName: 'a/b' }, /registeredModelName/],
    ]),
    ['a file without a volume', name, { data: { ...data, uri: 'file:///t.csv' } }, /needs volume/],
    ['a login in a uri', name, { data: { ...data, uri: 'https://me:secret@host/t.csv' } }, /spec.data.uri/],
    ['a login in the uri of a database', name, { data: { ...database, uri: 'postgres://me:x@db/c' } }, /spec.data.uri/],
    ['a web address without a file', name, { data: { ...data, uri: 'https://host/' } }, /spec.data.uri/],
    ['a database without query', name, { data: { ...database, query: undefined } }, /needs query/],
    ['a query without database', name, { data: { ...data, query: 'SELECT 1' } }, /no other uri takes one/],
    ['a database without login', name, { data: { ...database, secretRef: undefined } }, /needs secretRef/],
    ['a database with a format', name, { data: { ...database, format: 'Csv' } }, /takes no format/],
    ['a key of no ConfigMap', name, { data: { ...data, caBundleRef: { name: 'ca', key: 'a/b' } } }, /caBundleRef.key/],
    [
      'a bucket folder that leads elsewhere',
      name,
      { data, artifacts: { s3: { bucket: 'models', prefix: 'a/../b' } } },
      /prefix/,
    ],
    ['an excluded label column', name, { data: { ...data, excludeColumns: ['churn'] } }, /must not name the label/],
    [
      'an excluded positive label',
      name,
      { data: { ...data, positiveLabel: 'Yes', excludeLabels: ['Yes'] } },
      /must not name positiveLabel/,
    ],
    [
      'a gate without a bound',
      name,
      { data, training: { gates: [{ metric: 'F1' }] } },
      /needs minValue, maxValue, minChange or maxChange/,
    ],
    [
      'a gate on the change that nothing passes',
      name,
      { data, training: { gates: [{ metric: 'F1', minChange: '0.2', maxChange: '0.1' }] } },
      /must not be above maxChange/,
    ],
    [
      'an offer that never pays',
      name,
      { data, decision: { thresholdPolicy: 'MaximumProfit', profit: { customerValue: '12' } } },
      /no offer ever pays/,
    ],
    ['an unknown parameter', name, { data, training: { parameters: [{ name: 'speed', value: '9' }] } }, /parameters/],
    ['a search without trials', name, { data, training: { search: { maxTrials: 0 } } }, /maxTrials/],
    [
      'a gate that nothing passes',
      name,
      { data, training: { gates: [{ metric: 'F1', minValue: '0.9', maxValue: '0.1' }] } },
      /must not be above maxValue/,
    ],
    [
      'two gates on one metric',
      name,
      {
        data,
        training: {
          gates: [
            { metric: 'F1', minValue: '0.1' },
            { metric: 'F1', minValue: '0.2' },
          ],
        },
      },
      /Duplicate value/,
    ],
    ['two overrides of one feature', name, { data, features: [{ name: 'zip' }, { name: 'zip' }] }, /Duplicate value/],
    ['another kind of uri', name, { data: { ...data, uri: 'ftp://lake/t.csv' } }, /spec.data.uri/],
    ['a model without label', name, { data: { uri: data.uri } }, /spec.data.label/],
    ['a field that does not exist', name, { data: { ...data, lable: 'churn' } }, /unknown field "spec.data.lable"/],
    [
      'a float where a decimal is text',
      name,
      { data, decision: { thresholdPolicy: 'Fixed', fixedThreshold: 0.5 } },
      /fixedThreshold/,
    ],
    ['no replicas', name, { data, autoscaling: { replicas: 0 } }, /replicas/],
    [
      'more replicas at least than at most',
      name,
      { data, autoscaling: { minReplicas: 11 } },
      /minReplicas must not be above maxReplicas/,
    ],
    [
      'a CPU target without a request of CPU',
      name,
      { data, ...resources({ requests: { memory: '192Mi' } }) },
      /a CPU target needs serving.resources.requests.cpu/,
    ],
    [
      'a request above its limit',
      name,
      { data, ...resources({ requests: { cpu: '250m', memory: '2Gi' }, limits: { memory: '1000Mi' } }) },
      /spec.serving.resources.*a request must not be above the limit/,
    ],
    [
      'a request above its limit in training',
      name,
      { data, training: { resources: { requests: { cpu: '2' }, limits: { cpu: '1500m' } } } },
      /spec.training.resources.*a request must not be above the limit/,
    ],
    ['a metric without type', name, { data, autoscaling: { metrics: [{ resource: {} }] } }, /metrics\[0\].type/],
    [
      'an unknown direction of behavior',
      name,
      { data, autoscaling: { behavior: { scaleUpp: {} } } },
      /unknown field "spec.autoscaling.behavior.scaleUpp"/,
    ],
    [
      'our labels on pods',
      name,
      pod({ labels: { 'churnops.dev/model': 'x' } }),
      /labels must not start with churnops.dev/,
    ],
    [
      'recommended labels on pods',
      name,
      pod({ labels: { 'app.kubernetes.io/component': 'trainer' } }),
      /labels must not start with churnops.dev\/ or app.kubernetes.io\//,
    ],
    [
      'our annotations on pods',
      name,
      pod({ annotations: { 'churnops.dev/retired': 'x' } }),
      /annotations must not start with churnops.dev/,
    ],
    ['a label that is none', name, pod({ labels: { 'a b': 'x' } }), /labels must have keys like example.com\/name/],
    ['an annotation that is none', name, pod({ annotations: { '/a': 'x' } }), /annotations must have keys like/],
    ['a node label that is none', name, pod({ nodeSelector: { 'a/b/c': 'x' } }), /nodeSelector must have keys like/],
    [
      'a node label that is none in training',
      name,
      training({ nodeSelector: { '': 'x' } }),
      /nodeSelector must have keys/,
    ],
    ['a label value that is none', name, pod({ labels: { tier: 'a b' } }), /spec.serving.pod.labels.tier/],
    [
      'a topology key that is none',
      name,
      pod({ topologySpreadConstraints: [{ ...zones, topologyKey: '-' }] }),
      /topologyKey/,
    ],
    [
      'domains for a wish',
      name,
      pod({ topologySpreadConstraints: [{ ...zones, whenUnsatisfiable: 'ScheduleAnyway', minDomains: 2 }] }),
      /minDomains needs whenUnsatisfiable DoNotSchedule/,
    ],
    ['one way to spread twice', name, pod({ topologySpreadConstraints: [zones, zones] }), /Duplicate value/],
    ['one pull secret twice', name, training({ imagePullSecrets: [{ name: 'a' }, { name: 'a' }] }), /Duplicate value/],
    [
      'a toleration of nothing',
      name,
      pod({ tolerations: [{ effect: 'NoSchedule' }] }),
      /without key needs operator Exists/,
    ],
    [
      'a toleration that exists with a value',
      name,
      training({ tolerations: [{ key: 'a', operator: 'Exists', value: 'b' }] }),
      /with operator Exists takes no value/,
    ],
    [
      'a time for a taint that evicts nobody',
      name,
      training({ tolerations: [{ key: 'a', effect: 'NoSchedule', tolerationSeconds: 5 }] }),
      /tolerationSeconds needs effect NoExecute/,
    ],
    [
      'an unknown affinity',
      name,
      pod({ affinity: { nodeAffinty: {} } }),
      /unknown field "spec.serving.pod.affinity.nodeAffinty"/,
    ],
    [
      'our environment',
      name,
      training({ env: [{ name: 'CHURNOPS_JOB', value: 'x' }] }),
      /must not name CHURNOPS_ variables/,
    ],
    [
      'one variable twice',
      name,
      training({ env: [1, 2].map((value) => ({ name: 'HTTPS_PROXY', value: String(value) })) }),
      /Duplicate value/,
    ],
    ['environment for serving pods', name, pod({ env: [] }), /unknown field "spec.serving.pod.env"/],
    [
      'our annotations on the Service',
      name,
      { data, serving: { service: { annotations: { 'churnops.dev/a': 'x' } } } },
      /annotations must not start with churnops.dev/,
    ],
    [
      'an annotation of the Service that is none',
      name,
      { data, serving: { service: { annotations: { 'a b': 'x' } } } },
      /annotations must have keys like/,
    ],
    [
      'a Service without an address',
      name,
      { data, serving: { service: { type: 'ExternalName' } } },
      /serving.service.type/,
    ],
    ['a ServiceAccount that is none', name, { data, serving: { serviceAccountName: 'A' } }, /serviceAccountName/],
    ['a history without end', name, { data, revisionHistoryLimit: 101 }, /revisionHistoryLimit/],
    [
      'resources that are no quantities',
      name,
      { data, serving: { resources: { limits: { memory: 'lots' } } } },
      /spec.serving.resources/,
    ],
  ])('%s', async (...[, given, spec, sentence]) => {
    await expect(write('create', model(given, spec), '--dry-run=server')).rejects.toThrow(sentence);
  });

  it.each<[string, object, RegExp]>([
    ['another entity key once one is set', { ...data, entityKey: 'other' }, /entityKey is immutable/],
    ['no entity key once one is set', data, /entityKey is immutable/],
  ])('%s', async (sentence, changed, refusal) => {
    const kept = sentence.startsWith('no') ? 'kept-a' : 'kept-b';
    await write('create', model(kept, { data: { ...data, entityKey: 'customer_id' } }));
    await expect(write('replace', model(kept, { data: changed }))).rejects.toThrow(refusal);
  });

  it('any change of what a revision is', async () => {
    await write('create', revision);
    const changed = { ...revision, spec: { ...revision.spec, podTemplate: '{"changed":true}' } };
    await expect(write('replace', changed)).rejects.toThrow(/the spec of a ChurnModelRevision is immutable/);
  });
});

describe('an entity key', () => {
  it('can be added to a model that has none', async () => {
    await write('create', model('later', { data }));
    await expect(write('replace', model('later', { data: { ...data, entityKey: 'id' } }))).resolves.toContain('id');
  });
});
