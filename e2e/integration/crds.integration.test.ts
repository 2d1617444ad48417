import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ChurnModelSpec } from '@churnops/crds';
import { z } from 'zod';
import { type ControlPlane, startControlPlane } from '../harness/control-plane.js';

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
  for (const plural of definitions) {
    await kubectl('apply', '--server-side', '--validate=strict', '-f', join(root, `crds/churnops.dev_${plural}.yaml`));
    await kubectl('wait', '--for=condition=Established', '--timeout=120s', `crd/${plural}.churnops.dev`);
  }
});

afterAll(async () => {
  await plane.stop();
  await rm(home, { recursive: true, force: true });
});

const Stored = z.looseObject({ spec: z.unknown(), status: z.unknown() });

describe('a ChurnModel of a few lines', () => {
  it('gets every default, the same as the contracts say', async () => {
    const stored = Stored.parse(JSON.parse(await write('create', model('short', { data }))));
    expect(stored.spec).toEqual(ChurnModelSpec.parse({ data }));
    expect(stored.status).toEqual({ observedGeneration: -1 });
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
      'NAME READY STAGE REVISION CANDIDATE AUC AGE URL THRESHOLD REPLICAS MESSAGE'.split(' '),
    );
    expect(await kubectl('get', 'churnops', '-o', 'name')).toContain('churnmodel.churnops.dev/listed');
  });
});

describe('kubectl explain', () => {
  it.each([
    ['churnmodel', 'predicts which customers leave'],
    ['churnmodel.spec.data.positiveLabel', 'The value of the label that means: left'],
    ['churnmodel.spec.training.gates.minValue', 'The model is refused below this value'],
    ['churnmodel.status.conditions.observedGeneration', 'that this condition speaks of'],
    ['churnmodelrevision.spec.jobTemplate', 'The rendered spec of the training Job'],
  ])('describes %s', async (field, text) => {
    expect((await kubectl('explain', field)).replaceAll(/\s+/g, ' ')).toContain(text);
  });
});

describe('the API server accepts', () => {
  it.each<[string, string, object]>([
    ['a name of forty characters', 'a'.repeat(40), { data }],
    ['an entity key', 'entity', { data: { ...data, entityKey: 'customer_id' } }],
    [
      'a file in a volume',
      'file',
      { data: { ...data, uri: 'file:///t.csv', volume: { persistentVolumeClaimName: 'c' } } },
    ],
    ['a fixed threshold', 'fixed', { data, decision: { thresholdPolicy: 'Fixed', fixedThreshold: '0.5' } }],
    [
      'a gate with both bounds',
      'gate',
      { data, training: { gates: [{ metric: 'F1', minValue: '0.1', maxValue: '0.1' }] } },
    ],
    ['an override of a feature', 'feature', { data, features: [{ name: 'zip', type: 'Categorical' }] }],
  ])('%s', async (_, name, spec) => {
    await expect(write('create', model(name, spec), '--dry-run=server')).resolves.toContain(name);
  });
});

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
    ['a file without a volume', name, { data: { ...data, uri: 'file:///t.csv' } }, /needs volume/],
    ['an excluded label column', name, { data: { ...data, excludeColumns: ['churn'] } }, /must not name the label/],
    [
      'an excluded positive label',
      name,
      { data: { ...data, positiveLabel: 'Yes', excludeLabels: ['Yes'] } },
      /must not name positiveLabel/,
    ],
    ['a gate without a bound', name, { data, training: { gates: [{ metric: 'F1' }] } }, /needs minValue or maxValue/],
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
