import { existsSync, globSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import {
  ChurnModelRevisionStatus,
  ChurnModelSpec,
  ChurnModelStatus,
  conditionTypes,
  operatorMetrics,
  reasonMeanings,
  reasons,
  Rollout,
  servingMetrics,
} from '@churnops/crds';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { codeWords, DocPage } from '../harness/doc-page.js';
import { repositoryRoot } from '../harness/repository-root.js';

const paths = ['README.md', ...globSync('docs/*.md', { cwd: repositoryRoot() }).toSorted()];
const pages = paths.map((path) => new DocPage(path));
const page = (name: string) => new DocPage(`docs/${name}.md`);

const Node = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  items: z.unknown().optional(),
  /** Of a map: the schema of its values. */
  additionalProperties: z.unknown().optional(),
});

/** Fields of Kubernetes' own kinds that the pages speak of. */
const othersFields = ['spec.replicas'];

const modelFields = new Set([
  ...pathsOf('spec', ChurnModelSpec),
  ...pathsOf('status', ChurnModelStatus),
  ...pathsOf('status', ChurnModelRevisionStatus),
]);

function isField(path: string): boolean {
  return modelFields.has(path) || modelFields.has(path.replace(/\.\w+$/, '.*'));
}

function pathsOf(root: string, schema: z.ZodType): string[] {
  return fieldsOf(root, z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
}

function fieldsOf(path: string, schema: unknown): string[] {
  const { properties = {}, items, additionalProperties } = Node.parse(schema);
  const below = Object.entries(properties).flatMap(([name, inner]) => fieldsOf(`${path}.${name}`, inner));
  const entries = typeof additionalProperties === 'object' ? [`${path}.*`] : [];
  return [path, ...below, ...entries, ...(items === undefined ? [] : fieldsOf(path, items))];
}

describe.each(pages.map((each) => [each.path, each] as const))('%s', (path, { prose, text }) => {
  it('has links that lead somewhere', () => {
    const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const inside = links.filter((link) => !/^[a-z]+:/.test(link));
    const broken = inside.filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = normalize(file === '' ? path : join(dirname(path), file));
      if (!existsSync(join(repositoryRoot(), target))) return true;
      return anchor !== undefined && !new DocPage(target).anchors.includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('names fields that exist', () => {
    const named = [...text.matchAll(/(?<![\w./-])(spec|status)((?:\.[a-z]\w*)+)/g)].map(([field]) => field);
    const unknown = named.filter((field) => !isField(field));
    expect(unknown.filter((field) => !othersFields.includes(field))).toEqual([]);
  });

  it('names metrics that exist', () => {
    const known = [...Object.values(operatorMetrics), ...Object.values(servingMetrics)].map(({ name }) => name);
    const named = [...text.matchAll(/\bchurnops_[a-z_]+\b/g)].map(([name]) => name);
    // The form of a key: churnops_<random>_<checksum>.
    expect(named.filter((name) => !known.some((metric) => metric === name))).toEqual([]);
  });
});

describe('the troubleshooting page', () => {
  const troubleshooting = page('troubleshooting');

  it('has a section for each condition and each reason, and for no other', () => {
    expect(troubleshooting.headings(3).toSorted()).toEqual(
      [...Object.values(conditionTypes), ...Object.values(reasons)].toSorted(),
    );
  });

  it.each(Object.values(reasons))('says of %s more than its name', (reason) => {
    expect(troubleshooting.section(reason).trim().length).toBeGreaterThan(40);
  });

  it.each(Object.entries(reasonMeanings))('says which conditions carry %s', (reason, { conditions }) => {
    const [about = ''] = troubleshooting.section(reason).trim().split('. ');
    const named = codeWords(about).filter((word) => Object.keys(reasonMeanings).every((known) => known !== word));
    expect(named).toEqual(expect.arrayContaining([...conditions]));
  });

  it('sorts each reason by who has to act', () => {
    const sorted = codeWords(troubleshooting.section('Reasons'));
    expect(sorted.toSorted()).toEqual(Object.values(reasons).toSorted());
  });
});

describe('the rollouts page', () => {
  const settings = new Map(
    page('rollouts')
      .rowsOf('Settings')
      .map(([field = '', value = '']) => [codeWords(field)[0] ?? '', value.replaceAll('`', '')]),
  );
  const nameOf = (path: string) => path.replace(/^rollout\.(steps\.|analysis\.)?/, '');

  it('explains every setting, and no other', () => {
    const fields = pathsOf('rollout', Rollout);
    const leaves = fields.filter((path) => !fields.some((other) => other.startsWith(`${path}.`)));
    expect([...settings.keys()].toSorted()).toEqual([...leaves.map(nameOf), 'steps'].toSorted());
  });

  it.each(defaultsOf('rollout', Rollout.parse({})))('knows the default of %s', (path, value) => {
    expect(settings.get(nameOf(path))).toBe(value);
  });
});

/** Of strings and numbers; an empty string is nothing that anybody needs to know. */
function defaultsOf(path: string, value: unknown): [path: string, value: string][] {
  if (typeof value === 'number' || (typeof value === 'string' && value !== '')) return [[path, String(value)]];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => defaultsOf(`${path}.${name}`, inner));
}

describe('the GitOps page', () => {
  const ConfigMap = z.looseObject({ kind: z.literal('ConfigMap'), data: z.record(z.string(), z.string()) });

  it.each(['ChurnModel', 'ChurnModelRevision'])("shows Argo CD's health check of a %s as it is tested", (kind) => {
    const configMaps = page('gitops')
      .code('yaml')
      .map((code) => ConfigMap.safeParse(parse(code)).data)
      .filter((object) => object !== undefined);
    const file = new DocPage(`integrations/argocd/churnops.dev/${kind}/health.lua`);
    expect(configMaps).toHaveLength(1);
    expect(configMaps[0]?.data[`resource.customizations.health.churnops.dev_${kind}`]).toBe(file.text);
  });
});

describe('the operations page', () => {
  const Rules = z.array(
    z.strictObject({ apiGroups: z.tuple([z.string()]), resources: z.array(z.string()), verbs: z.array(z.string()) }),
  );

  it('explains every rule of the operator, and no other', () => {
    const helpers = new DocPage('charts/churnops/templates/_helpers.tpl').text;
    const [, yaml = ''] = /define "churnops\.rules" -\}\}\n([^]*?)\{\{- end \}\}/.exec(helpers) ?? [];
    const rules = Rules.parse(parse(yaml)).map(({ apiGroups: [group], resources, verbs }) =>
      [group === '' ? 'core' : group, resources, verbs].map(String),
    );
    const explained = page('operations')
      .rows.filter(([, , verbs = '', why]) => why !== undefined && codeWords(verbs).length > 0)
      .map(([group = '', resources = '', verbs = '']) =>
        [group.replaceAll('`', ''), codeWords(resources), codeWords(verbs)].map(String),
      );
    expect(explained).toEqual(rules);
  });
});

describe('the installation page', () => {
  it('asks for the Kubernetes that the chart asks for', () => {
    const { kubeVersion } = z
      .looseObject({ kubeVersion: z.string() })
      .parse(parse(new DocPage('charts/churnops/Chart.yaml').text));
    const [minimum = ''] = /1\.\d+/.exec(kubeVersion) ?? [];
    expect(page('installation').section('What it needs')).toContain(`Kubernetes ${minimum} or newer`);
  });

  it('names values that the chart has', () => {
    const values: unknown = parse(new DocPage('charts/churnops/values.yaml').text);
    const known = new Set(valuesOf('', values));
    const table = page('installation').section('Values that matter');
    const named = [...table.matchAll(/^\| (`[^|]+)\|/gm)].flatMap(([, cell = '']) => codeWords(cell));
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((value) => !known.has(value))).toEqual([]);
  });
});

function valuesOf(path: string, value: unknown): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  const inner = Object.entries(value).flatMap(([name, below]) =>
    valuesOf(path === '' ? name : `${path}.${name}`, below),
  );
  return [path, ...inner];
}
