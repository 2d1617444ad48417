import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Manifest, servingEnvironment } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { WrittenNode } from '../fixtures/onnx-file.js';
import { onnxFile } from '../fixtures/onnx-file.js';
import type { Pod, PodFolder } from '../fixtures/pod-process.js';
import { artifactFolder, podFolder, startPod } from '../fixtures/pod-process.js';

const manifest = Manifest.parse(JSON.parse(await readFile(join(artifactFolder, 'manifest.json'), 'utf8')));
const [{ row: customer, probability } = { row: {}, probability: Number.NaN }] = manifest.goldenRows;

type Covered = Exclude<WrittenNode, number> & { readonly cover: number };

/** As in make-artifact.mjs; ten rows of training came to each leaf. */
function split(column: number, at: number, yes: Covered | number, no: Covered | number): Covered {
  const [first, second] = [yes, no].map((child) => (typeof child === 'number' ? { weight: child, cover: 10 } : child));
  return {
    column,
    split: at,
    mode: 'BRANCH_LT',
    missing: true,
    yes: first!,
    no: second!,
    cover: first!.cover + second!.cover,
  };
}

const trees = [
  split(2, 0.5, split(0, 24, -1.2, -2.1), split(0, 12, 0.9, -0.1)),
  split(5, 2, split(1, 1000, 0.2, -0.3), split(7, 18000, -0.25, 0.4)),
];

/** An artifact as a trainer writes it that knows covers, judged on the values of `contract`. */
async function explainableFolder(): Promise<PodFolder> {
  const folder = await podFolder();
  const model = onnxFile({ width: manifest.model.width, trees, classId: 1 });
  const sha256 = createHash('sha256').update(model).digest('hex');
  const slices = [{ feature: 'contract', value: 'One year', rows: 3, positives: 1, flaggedShare: 0 }];
  const changed = { ...manifest, model: { ...manifest.model, sha256, bytes: model.length }, slices };
  await writeFile(join(folder.artifact, 'model.onnx'), model);
  await writeFile(join(folder.artifact, 'manifest.json'), JSON.stringify(changed));
  return folder;
}

const Reasons = z.strictObject({
  base: z.number(),
  features: z.array(z.strictObject({ feature: z.string(), contribution: z.number() })),
  other: z.number(),
});
const Explained = z.looseObject({ probability: z.number(), reasons: Reasons });

async function post(pod: Pod, path: string, body: unknown) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(pod.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  const content: unknown = await response.json();
  return { status: response.status, headers: response.headers, body: content };
}

const open = { [servingEnvironment.authentication]: 'None' };

describe('a revision whose artifact has covers', () => {
  let folder: PodFolder;
  let pod: Pod;

  beforeAll(async () => {
    folder = await explainableFolder();
    pod = await startPod(folder, open);
  });

  afterAll(async () => {
    await pod.kill();
    await folder.remove();
  });

  it('tells why a customer scores so, and names no protected feature', async () => {
    const plain = await post(pod, '/predict', customer);
    const { status, body } = await post(pod, '/predict?explain=true', customer);
    expect(status).toBe(200);
    // By hand, from the definition of Shapley values; `contract` adds 1.0375.
    const features = [
      { feature: 'tenure', contribution: expect.closeTo(0.4875, 6) },
      { feature: 'signup_date', contribution: expect.closeTo(0.24375, 6) },
      { feature: 'payment_method', contribution: expect.closeTo(0.08125, 6) },
      { feature: 'total_charges', contribution: expect.closeTo(0.0625, 6) },
    ];
    const reasons = { base: expect.closeTo(-0.6125, 6), features, other: expect.closeTo(1.0375, 6) };
    expect(body).toEqual({ ...z.looseObject({}).parse(plain.body), reasons });
  });

  it('gives reasons that add up to the log odds of the probability', async () => {
    const rows = [...manifest.goldenRows.map(({ row }) => row), { tenure: 72, contract: 'Weekly' }];
    const { body } = await post(pod, '/explain', { rows });
    const { results } = z.object({ results: z.array(Explained) }).parse(body);
    expect(results).toHaveLength(rows.length);
    for (const { probability: answered, reasons } of results) {
      const sum = reasons.features.reduce(
        (total, { contribution }) => total + contribution,
        reasons.base + reasons.other,
      );
      expect(Math.abs(sum - Math.log(answered / (1 - answered)))).toBeLessThanOrEqual(1e-9);
    }
  });

  it('explains the good rows of a request beside the bad ones, and lists as many features as are asked for', async () => {
    const { status, body } = await post(pod, '/explain?top=1', { rows: [{ tenure: 'x' }, customer] });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      revision: 'telco-1',
      results: [
        { errors: [{ field: 'tenure' }] },
        { probability: expect.closeTo(probability, 6), reasons: { features: [{ feature: 'tenure' }] } },
      ],
      warnings: ['The model does not use these columns: country.'],
    });
  });

  it.each<[string, string, unknown, string]>([
    ['more than 100 rows', '/explain', { rows: Array(101).fill(customer) }, '413: 100 rows at most'],
    ['a row alone', '/explain', customer, '400: one field'],
    ['no number of features', '/explain?top=0', { rows: [customer] }, '400: from 1 to 100'],
    ['too many features', '/predict?explain=true&top=101', customer, '400: from 1 to 100'],
    ['a word for explain', '/predict?explain=maybe', customer, '400: true or false'],
    ['explain twice', '/predict?explain=true&explain=true', customer, '400: true or false'],
    ['a row that is wrong', '/predict?explain=true', { tenure: 'x' }, '400: columns to mend'],
  ])('answers %s with a problem', async (_, path, body, expected) => {
    const [status = '', words = ''] = expected.split(': ');
    const answer = await post(pod, path, body);
    expect(answer.status).toBe(Number(status));
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ status: Number(status), detail: expect.stringContaining(words) });
  });

  it('counts no prediction for a row that is only explained', async () => {
    const count = async () =>
      (await (await fetch(`${pod.metricsUrl}/metrics`)).text()).match(/^churnops_predictions.*$/gm);
    const before = await count();
    expect((await post(pod, '/explain', { rows: [customer] })).status).toBe(200);
    expect(await count()).toEqual(before);
    expect((await post(pod, '/predict?explain=true', customer)).status).toBe(200);
    expect(await count()).not.toEqual(before);
  });

  it('asks those who come all at once to wait, and answers as many as it can', async () => {
    const rows = Array(100).fill(customer);
    const answers = await Promise.all(Array.from({ length: 30 }, () => post(pod, '/explain', { rows })));
    const statuses = new Set(answers.map(({ status }) => status));
    expect(statuses.has(200)).toBe(true);
    for (const { status, headers } of answers) {
      expect([200, 503]).toContain(status);
      expect(headers.has('retry-after')).toBe(status === 503);
    }
    expect((await post(pod, '/explain', { rows })).status).toBe(200);
  });

  it('describes it in its OpenAPI document', async () => {
    const { paths, components } = z
      .object({
        paths: z.record(z.string(), z.unknown()),
        components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
      })
      .parse(await (await fetch(`${pod.url}/openapi.json`)).json());
    const parameter = (name: string) => expect.objectContaining({ name, in: 'query' });
    expect(paths).toMatchObject({
      '/predict': { post: { parameters: [parameter('explain'), parameter('top')] } },
      '/explain': { post: { parameters: [parameter('top')], responses: { 409: expect.anything() } } },
    });
    expect(components.schemas['Reasons']).toMatchObject({ required: ['base', 'features', 'other'] });
  });
});

it('a revision of an earlier release says that it gives no reasons, and predicts as ever', async () => {
  const folder = await podFolder();
  const pod = await startPod(folder, open);
  try {
    for (const [path, body] of [
      ['/predict?explain=true', customer],
      ['/explain', { rows: [customer] }],
    ] as const) {
      const answer = await post(pod, path, body);
      expect(answer.body).toMatchObject({ status: 409, detail: expect.stringContaining('Train the model again') });
    }
    expect((await post(pod, '/predict', customer)).status).toBe(200);
  } finally {
    await pod.kill();
    await folder.remove();
  }
});
