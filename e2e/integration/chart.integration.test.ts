import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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
  metadata: z.looseObject({ name: z.string(), annotations: z.record(z.string(), z.string()).optional() }),
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
  securityContext: z.looseObject({}),
});
const Workload = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({
        securityContext: z.looseObject({}),
        containers: z.array(Container).min(1),
      }),
    }),
  }),
});

/** No user's plugins, repositories or settings have a say in what a test renders. */
let home: string;
let plane: ControlPlane;

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

function objects(manifests: string) {
  return parseAllDocuments(manifests)
    .map((document) => {
      const object: unknown = document.toJS();
      return object;
    })
    .filter((object) => object !== null && object !== undefined)
    .map((object) => Rendered.parse(object));
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'chart-'));
  plane = await startControlPlane();
  await kubectl('create', 'namespace', namespace);
  // Enforcement stops pods only; a Deployment whose pods would be stopped is told by a warning.
  for (const mode of ['enforce', 'warn']) {
    await kubectl('label', 'namespace', namespace, `pod-security.kubernetes.io/${mode}=restricted`);
  }
  for (const watched of ['retention', 'marketing']) await kubectl('create', 'namespace', watched);
});

afterAll(async () => {
  await plane.stop();
  await rm(home, { recursive: true, force: true });
});

describe.each(valueSets)('the chart with %s', (values) => {
  it('passes helm lint --strict', async () => {
    const { stdout } = await helm('lint', '--strict', chart, '-f', join(samples, values));
    expect(stdout).toContain('0 chart(s) failed');
  });

  it('grants no wildcard, and never lists Secrets', async () => {
    const rules = objects(await template(values)).flatMap((object) => object.rules ?? []);
    for (const rule of rules) {
      expect([...rule.apiGroups, ...rule.resources, ...rule.verbs].filter((word) => word.includes('*'))).toEqual([]);
      if (rule.resources.includes('secrets')) expect(rule.verbs.sort()).toEqual(['create', 'get', 'patch']);
    }
  });

  it('gives cluster-wide rights over children only when all namespaces are watched', async () => {
    const manifests = objects(await template(values));
    const cluster = manifests.filter(({ kind }) => kind === 'ClusterRole').flatMap(({ rules }) => rules ?? []);
    const perNamespace = ['two-namespaces.yaml', 'renamed.yaml'].includes(values) || values === 'own-rbac.yaml';
    expect(cluster.some(({ resources }) => resources.includes('secrets'))).toBe(!perNamespace);
  });

  it('runs every pod as the restricted standard asks, from an image with a fixed tag', async () => {
    const workloads = objects(await template(values)).filter(({ kind }) => kind === 'Deployment');
    expect(workloads).toHaveLength(1);
    for (const workload of workloads) {
      const pod = Workload.parse(workload).spec.template.spec;
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      for (const { image, securityContext } of pod.containers) {
        expect(image).toMatch(/:[^:/]+$/);
        expect(image).not.toMatch(/:latest$/);
        expect(securityContext).toMatchObject({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          runAsNonRoot: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    }
  });

  it('is accepted by a real API server whose namespace enforces the restricted standard', async () => {
    const file = join(home, values);
    await writeFile(file, await template(values));
    const dryRun = ['--server-side', '--dry-run=server', '--validate=strict', '--warnings-as-errors'];
    const answer = await kubectl('apply', ...dryRun, '-f', file);
    expect(answer).toContain('deployment.apps/');
  });
});

describe('the chart', () => {
  it('keeps its definitions on uninstall, because they hold the models', async () => {
    const definitions = objects(await template('defaults.yaml')).filter(
      ({ kind }) => kind === 'CustomResourceDefinition',
    );
    expect(definitions.map(({ metadata }) => metadata.name).sort()).toEqual([
      'churnmodelrevisions.churnops.dev',
      'churnmodels.churnops.dev',
    ]);
    for (const { metadata } of definitions) {
      expect(metadata.annotations).toMatchObject({ 'helm.sh/resource-policy': 'keep' });
    }
  });

  it('installs no definitions when told so', async () => {
    const kinds = objects(await template('without-crds.yaml')).map(({ kind }) => kind);
    expect(kinds).not.toContain('CustomResourceDefinition');
  });

  it.each([
    ['a value that it does not know', 'replicaCount=2', /replicaCount/],
    ['replicas that are no number', 'replicas=many', /replicas/],
    ['a log level that does not exist', 'logLevel=loud', /logLevel/],
    ['the tag latest', 'images.serving.tag=latest', /images/],
    ['a pull policy that does not exist', 'images.operator.pullPolicy=Sometimes', /pullPolicy/],
    ['a namespace that can not exist', 'watchNamespaces={Not_A_Name}', /watchNamespaces/],
    ['resources with an unknown part', 'resources.request.cpu=1', /resources/],
    ['a missing name of a ServiceAccount that it does not make', 'serviceAccount.create=false', /serviceAccount\.name/],
  ])('refuses %s', async (_, setting, named) => {
    await expect(template('defaults.yaml', '--set', setting)).rejects.toThrow(named);
  });
});
