import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { type ControlPlane, startControlPlane } from '../harness/control-plane.js';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const chart = join(root, 'charts/churnops');
const samples = join(root, 'e2e/samples/values');
const bin = join(root, '.cache/bin');
const valueSets = readdirSync(samples).filter((name) => name.endsWith('.yaml'));
const namespace = 'churnops-system';

const Rendered = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  rules: z
    .array(
      z.looseObject({
        apiGroups: z.array(z.string()),
        resources: z.array(z.string()),
        verbs: z.array(z.string()),
      }),
    )
    .optional(),
});

const Container = z.looseObject({
  image: z.string(),
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).optional(),
  securityContext: z.looseObject({}),
});
const Workload = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }),
      spec: z.looseObject({
        securityContext: z.looseObject({}),
        topologySpreadConstraints: z.array(z.looseObject({})).optional(),
        containers: z.array(Container).min(1),
      }),
    }),
  }),
});

/** The tests' own ServiceMonitor definition: that of the Prometheus Operator, cut down to what charts set. */
const serviceMonitorDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'servicemonitors.monitoring.coreos.com' },
  spec: {
    group: 'monitoring.coreos.com',
    scope: 'Namespaced',
    names: {
      kind: 'ServiceMonitor',
      listKind: 'ServiceMonitorList',
      plural: 'servicemonitors',
      singular: 'servicemonitor',
    },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: serviceMonitorSchema() } }],
  },
};

function serviceMonitorSchema(): object {
  const text = { type: 'string' };
  const duration = { type: 'string', pattern: '^(0|(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?)$' };
  const endpoint = { port: text, path: text, interval: duration, scrapeTimeout: duration };
  const spec = {
    selector: { type: 'object', properties: { matchLabels: { type: 'object', additionalProperties: text } } },
    namespaceSelector: { type: 'object', properties: { matchNames: { type: 'array', items: text } } },
    endpoints: { type: 'array', items: { type: 'object', properties: endpoint } },
  };
  const required = ['endpoints', 'selector'];
  return { type: 'object', required: ['spec'], properties: { spec: { type: 'object', required, properties: spec } } };
}

/** No user's plugins, repositories or settings have a say in what a test renders. */
let home: string;
let plane: ControlPlane;
/** What each value file renders to, and what lint and a real API server say about it; made once. */
const rendered = new Map<string, string>();
const linted = new Map<string, string>();
const dryRun = new Map<string, string>();

function helm(...args: string[]) {
  return run(join(bin, 'helm'), args, { env: { PATH: process.env['PATH'], HOME: home }, maxBuffer: 1 << 26 });
}

async function kubectl(...args: string[]): Promise<string> {
  const { stdout } = await run(join(bin, 'kubectl'), ['--kubeconfig', plane.kubeconfig, '--cache-dir', home, ...args]);
  return stdout;
}

async function template(values: string, ...more: string[]): Promise<string> {
  const { stdout } = await helm('template', 'churnops', chart, '-n', namespace, '-f', join(samples, values), ...more);
  return stdout;
}

function objectsOf(values: string) {
  return objects(rendered.get(values) ?? '');
}

function objects(manifests: string) {
  return parseAllDocuments(manifests)
    .map((document) => {
      const object: unknown = document.toJS();
      return object;
    })
    .filter((object) => object !== null && object !== undefined)
    .map((object) => Rendered.parse(object));
}

function podOf(values: string) {
  const workloads = objectsOf(values).filter(({ kind }) => kind === 'Deployment');
  expect(workloads).toHaveLength(1);
  return Workload.parse(workloads[0]).spec.template;
}

function environmentOf(values: string): Record<string, string | undefined> {
  const entries = podOf(values).spec.containers.flatMap(({ env }) => env ?? []);
  expect(new Set(entries.map(({ name }) => name)).size).toBe(entries.length);
  return Object.fromEntries(entries.map(({ name, value }) => [name, value]));
}

async function judge(waiting: string[]): Promise<void> {
  for (let values = waiting.shift(); values !== undefined; values = waiting.shift()) {
    rendered.set(values, await template(values));
    linted.set(values, await outputOf(helm('lint', '--strict', chart, '-f', join(samples, values))));
    dryRun.set(values, await outputOf(dryRunOf(values)));
  }
}

async function outputOf(running: Promise<{ stdout: string }>): Promise<string> {
  return running.then(({ stdout }) => stdout).catch((error: unknown) => `REFUSED: ${String(error)}`);
}

async function dryRunOf(values: string): Promise<{ stdout: string }> {
  const file = join(home, values);
  // Judging definitions takes the API server long, and they are the same but for labels.
  const isLeftOut = (text: string) => text.includes('kind: CustomResourceDefinition') && values !== 'cost-labels.yaml';
  const documents = (rendered.get(values) ?? '').split(/^---$/m).filter((text) => !isLeftOut(text));
  await writeFile(file, documents.join('---\n'));
  const flags = ['--server-side', '--dry-run=server', '--validate=strict', '--warnings-as-errors'];
  return { stdout: await kubectl('apply', ...flags, '-f', file) };
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'chart-'));
  plane = await startControlPlane({ controllerManager: false });
  await kubectl('create', 'namespace', namespace);
  // Enforcement stops pods only; a Deployment whose pods would be stopped is told by a warning.
  for (const mode of ['enforce', 'warn']) {
    await kubectl('label', 'namespace', namespace, `pod-security.kubernetes.io/${mode}=restricted`);
  }
  for (const watched of ['retention', 'marketing']) await kubectl('create', 'namespace', watched);
  const definition = join(home, 'service-monitor.json');
  await writeFile(definition, JSON.stringify(serviceMonitorDefinition));
  await kubectl('create', '-f', definition);
  await kubectl(
    'wait',
    '--for=condition=Established',
    '--timeout=120s',
    `crd/${serviceMonitorDefinition.metadata.name}`,
  );
  const waiting = [...valueSets];
  // Each of them waits for programs most of the time.
  await Promise.all([judge(waiting), judge(waiting), judge(waiting)]);
});

afterAll(async () => {
  await plane.stop();
  await rm(home, { recursive: true, force: true });
});

describe.each(valueSets)('the chart with %s', (values) => {
  it('passes helm lint --strict', () => {
    expect(linted.get(values)).toContain('0 chart(s) failed');
  });

  it('grants no wildcard, and never lists Secrets', () => {
    for (const rule of objectsOf(values).flatMap((object) => object.rules ?? [])) {
      expect([...rule.apiGroups, ...rule.resources, ...rule.verbs].filter((word) => word.includes('*'))).toEqual([]);
      if (rule.resources.includes('secrets')) expect(rule.verbs.sort()).toEqual(['create', 'get', 'patch']);
    }
  });

  it('gives cluster-wide rights over children only when all namespaces are watched', () => {
    const cluster = objectsOf(values).filter(({ kind }) => kind === 'ClusterRole');
    const watchesAll = environmentOf(values)['CHURNOPS_NAMESPACES'] === '' && values !== 'own-rbac.yaml';
    expect(cluster.flatMap(({ rules }) => rules ?? []).some(({ resources }) => resources.includes('secrets'))).toBe(
      watchesAll,
    );
  });

  it('runs every pod as the restricted standard asks, from an image with a fixed tag or digest', () => {
    const pod = podOf(values).spec;
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    for (const { image, securityContext } of pod.containers) {
      expect(image).toMatch(/(:[^:/@]+|@sha256:[0-9a-f]{64})$/);
      expect(image).not.toMatch(/:latest$/);
      expect(securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        runAsNonRoot: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  it('has the labels of the chart on everything', () => {
    for (const { kind, metadata } of objectsOf(values)) {
      for (const label of ['app.kubernetes.io/name', 'app.kubernetes.io/instance', 'helm.sh/chart']) {
        expect(`${kind} ${Object.keys(metadata.labels).join(' ')}`).toContain(` ${label}`);
      }
    }
  });

  it('is accepted by a real API server whose namespace enforces the restricted standard', () => {
    expect(dryRun.get(values)).not.toContain('REFUSED');
    expect(dryRun.get(values)).toContain('deployment.apps/');
  });
});

describe('the chart', () => {
  it('comes with a value file for at least 30 kinds of users, each of which says who that is', async () => {
    expect(valueSets.length).toBeGreaterThanOrEqual(30);
    for (const values of valueSets) expect(await readFile(join(samples, values), 'utf8')).toMatch(/^# [A-Z].+\.\n/);
    expect(new Set(rendered.values()).size).toBe(valueSets.length);
  });

  it('keeps its definitions on uninstall, because they hold the models', () => {
    const definitions = objectsOf('defaults.yaml').filter(({ kind }) => kind === 'CustomResourceDefinition');
    expect(definitions.map(({ metadata }) => metadata.name).sort()).toEqual([
      'churnmodelrevisions.churnops.dev',
      'churnmodels.churnops.dev',
    ]);
    for (const { metadata } of definitions) {
      expect(metadata.annotations).toMatchObject({ 'helm.sh/resource-policy': 'keep' });
    }
  });

  it('installs no definitions when told so', () => {
    const kinds = objectsOf('without-crds.yaml').map(({ kind }) => kind);
    expect(kinds).not.toContain('CustomResourceDefinition');
  });

  it('makes nothing outside of its namespace for a tenant', () => {
    for (const object of objectsOf('tenant.yaml')) expect(object.metadata.namespace).toBe(namespace);
  });

  it('adds to view, edit and admin, and lets only an administrator remove revisions', () => {
    const aggregated = objectsOf('defaults.yaml').filter(({ metadata }) =>
      Object.keys(metadata.labels).some((label) => label.startsWith('rbac.authorization.k8s.io/aggregate-to-')),
    );
    const verbs = aggregated.map(({ metadata, rules }): [string, string[]] => [
      metadata.name,
      (rules ?? []).flatMap((rule) =>
        rule.resources.flatMap((resource) => rule.verbs.map((verb) => `${verb} ${resource}`)),
      ),
    ]);
    const granted = new Map(verbs);
    expect(granted.get('churnops-view')).toEqual(
      expect.arrayContaining(['list churnmodels', 'watch churnmodelrevisions']),
    );
    expect(granted.get('churnops-edit')).toEqual(
      expect.arrayContaining(['create churnmodels', 'patch churnmodels/scale']),
    );
    expect(granted.get('churnops-edit')).not.toContain('delete churnmodelrevisions');
    expect(granted.get('churnops-admin')).toContain('delete churnmodelrevisions');
  });

  it.each([
    ['defaults.yaml', 0],
    ['high-availability.yaml', 1],
    ['own-disruption-budget.yaml', 0],
    ['switched-off.yaml', 0],
  ])('with %s makes %i disruption budgets', (values, count) => {
    expect(objectsOf(values).filter(({ kind }) => kind === 'PodDisruptionBudget')).toHaveLength(count);
  });

  it('puts the mirror before every image', () => {
    expect(podOf('air-gapped.yaml').spec.containers[0]?.image).toBe(
      'registry.example.com:5000/mirror/churnops/operator:0.1.0',
    );
    expect(environmentOf('air-gapped.yaml')).toMatchObject({
      CHURNOPS_TRAINER_IMAGE: 'registry.example.com:5000/mirror/churnops/trainer:0.1.0',
      CHURNOPS_SERVING_IMAGE: 'registry.example.com:5000/mirror/churnops/serving:0.1.0',
    });
  });

  it('prefers a digest to a tag', () => {
    expect(environmentOf('pinned-digests.yaml')['CHURNOPS_SERVING_IMAGE']).toMatch(
      /^registry\.example\.com\/churnops\/serving@sha256:2[0-9a-f]{63}$/,
    );
  });

  it('never sends the API server through a proxy', () => {
    const environment = environmentOf('behind-a-proxy.yaml');
    expect(environment['HTTPS_PROXY']).toBe('http://proxy.example.com:3128');
    expect(environment['NO_PROXY']?.split(',')).toEqual(
      expect.arrayContaining(['10.0.0.0/8', '.example.com', '.svc', '$(KUBERNETES_SERVICE_HOST)']),
    );
    expect(environmentOf('defaults.yaml')['NO_PROXY']).toBeUndefined();
  });

  it('puts common labels on everything, its pods included, where labels of the pods come first', () => {
    for (const { metadata } of objectsOf('cost-labels.yaml')) {
      expect(metadata.labels).toMatchObject({ 'example.com/cost-center': '4711', team: 'platform' });
    }
    expect(podOf('cost-labels.yaml').metadata.labels).toMatchObject({
      'example.com/cost-center': '4711',
      team: 'churn',
      tier: 'control',
    });
  });

  it('lets the namespaces that measure reach the operator, and tells it of them', () => {
    const policy = objectsOf('several-scrapers.yaml').find(({ kind }) => kind === 'NetworkPolicy');
    expect(JSON.stringify(policy)).toContain('"values":["monitoring","security","finops"]');
    expect(environmentOf('several-scrapers.yaml')['CHURNOPS_SCRAPE_NAMESPACES']).toBe('monitoring,security,finops');
  });

  it('takes 0 as the number that it is', () => {
    const deployments = objectsOf('small-node.yaml').filter(({ kind }) => kind === 'Deployment');
    expect(deployments).toMatchObject([{ spec: { revisionHistoryLimit: 0, strategy: { type: 'Recreate' } } }]);
  });

  it('spreads its pods over nodes, and others than its own do not count', () => {
    expect(podOf('defaults.yaml').spec.topologySpreadConstraints).toEqual([
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: {
          matchLabels: {
            'app.kubernetes.io/name': 'churnops',
            'app.kubernetes.io/instance': 'churnops',
            'app.kubernetes.io/component': 'operator',
          },
        },
      },
    ]);
    expect(podOf('small-node.yaml').spec.topologySpreadConstraints).toBeUndefined();
  });

  it('leaves users and groups to a platform that chooses them', () => {
    expect(podOf('openshift.yaml').spec.securityContext).toEqual({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });

  it.each([
    ['defaults.yaml', 'all namespaces', '--namespace default'],
    ['two-namespaces.yaml', 'in retention, marketing, and nowhere else', '--namespace retention'],
  ])('with %s says what comes next', async (values, ...said) => {
    // `template` renders no notes.
    const install = [
      'install',
      'churnops',
      chart,
      '-n',
      namespace,
      '--dry-run=client',
      '--kubeconfig',
      plane.kubeconfig,
    ];
    const { stdout } = await helm(...install, '-f', join(samples, values));
    for (const words of [...said, 'kind: ChurnModel', 'kubectl explain churnmodel.spec'])
      expect(stdout).toContain(words);
  });

  it.each([
    ['a value that it does not know', 'replicaCount=2', /replicaCount/],
    ['a value that it does not know, deep inside', 'metrics.serviceMonitor.namespace=x', /serviceMonitor.*namespace/],
    ['replicas that are no number', 'replicas=many', /replicas/],
    ['a log level that does not exist', 'logLevel=loud', /logLevel/],
    ['the tag latest', 'images.serving.tag=latest', /images/],
    ['a digest that is none', 'images.serving.digest=sha256:12', /images\/serving\/digest/],
    ['a registry with a scheme', 'images.registry=https://registry.example.com', /images\/registry/],
    ['a pull policy that does not exist', 'images.operator.pullPolicy=Sometimes', /pullPolicy/],
    ['a namespace that can not exist', 'watchNamespaces={Not_A_Name}', /watchNamespaces/],
    ['resources with an unknown part', 'resources.request.cpu=1', /resources/],
    ['an environment that overrides its own', 'extraEnv[0].name=CHURNOPS_PORT', /extraEnv/],
    ['a proxy with a password in the open', 'proxy.https=http://user:word@proxy.example.com', /proxy\/https/],
    ['labels by which it finds its pods', 'commonLabels.app\\.kubernetes\\.io/name=x', /app\.kubernetes\.io\/name/],
    ['root', 'podSecurityContext.runAsUser=0', /runAsUser/],
    ['a disruption budget that stops every drain', 'podDisruptionBudget.maxUnavailable=0', /maxUnavailable/],
    ['a missing name of a ServiceAccount that it does not make', 'serviceAccount.create=false', /serviceAccount\.name/],
  ])('refuses %s', async (_, setting, named) => {
    await expect(template('defaults.yaml', '--set', setting)).rejects.toThrow(named);
  });
});
