import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Manifest, servingEnvironment, servingMetrics } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { newApiKey } from './access/api-key.js';
import type { Pod, PodFolder } from './fixtures/pod-process.js';
import {
  annotateRouting,
  artifactFolder,
  keyEntry,
  mountKeys,
  podEnvironment,
  podFolder,
  startPod,
  startServing,
} from './fixtures/pod-process.js';

const manifest = Manifest.parse(JSON.parse(await readFile(join(artifactFolder, 'manifest.json'), 'utf8')));
const [golden] = manifest.goldenRows;
const customer = { tenure: 1, contract: 'Month-to-month' };
const key = newApiKey();

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init);
  const content = await response.text();
  const json = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(content) : content };
}

function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  return ask(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** Asks until the condition holds; a state that stays is the only thing to wait for. */
async function eventually(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('The awaited state did not come within 120 s');
    await sleep(200);
  }
}

async function folderWithKey(): Promise<PodFolder> {
  const folder = await podFolder();
  await mountKeys(folder, { first: keyEntry(key) });
  return folder;
}

describe('a serving pod', () => {
  let folder: PodFolder;
  let pod: Pod;

  beforeAll(async () => {
    folder = await folderWithKey();
    // A share of nothing: the metrics of a rollout are there, and no prediction leaves the pod.
    const candidate = { revision: 'telco-2', percent: 0, mode: 'Answer', peers: [] } as const;
    await annotateRouting(folder, { sequence: 7, candidate });
    pod = await startPod(folder);
  });

  afterAll(async () => {
    await pod.kill();
    await folder.remove();
  });

  it('answers a row of the table with the probability that training recorded', async () => {
    const { status, body } = await post(`${pod.url}/predict`, golden!.row);
    expect(status).toBe(200);
    expect(body).toEqual({
      revision: 'telco-1',
      probability: expect.closeTo(golden!.probability, 5),
      churn: true,
      threshold: 0.5,
      warnings: ['The model does not use these columns: country.'],
    });
  });

  it('scores a row with an unseen category, and says so', async () => {
    const { status, body } = await post(`${pod.url}/predict`, { tenure: 1, contract: 'Weekly' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      warnings: ['contract: "Weekly" was not in the training data and counts as other.'],
    });
  });

  it('scores the good rows of a batch beside the bad ones, in order', async () => {
    const rows = [golden!.row, { tenure: 'x' }, 7, { ...customer, contract: 'Weekly' }, { tenure: 72 }];
    const { status, body } = await post(`${pod.url}/predict/batch`, { rows });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      revision: 'telco-1',
      threshold: 0.5,
      results: [
        { probability: expect.closeTo(golden!.probability, 5), churn: true },
        { errors: [{ field: 'tenure', message: 'must be a number or null' }] },
        { errors: [{ field: '' }] },
        { warnings: [expect.stringContaining('Weekly')] },
        { probability: expect.any(Number) },
      ],
      warnings: ['The model does not use these columns: country.'],
    });
  });

  it('gives the same probability alone and in a batch', async () => {
    const rows = manifest.goldenRows.map(({ row }) => row);
    const alone = await Promise.all(rows.map((row) => post(`${pod.url}/predict`, row)));
    const { body } = await post(`${pod.url}/predict/batch`, { rows });
    const Probability = z.object({ probability: z.number() });
    const { results } = z.object({ results: z.array(Probability) }).parse(body);
    expect(results.map(({ probability }) => probability)).toEqual(
      alone.map((answer) => Probability.parse(answer.body).probability),
    );
  });

  const deep = `{"tenure":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;

  it.each<[string, string, unknown, string]>([
    ['an unknown column', '/predict', { ...customer, shoe_size: 42 }, '400 invalid-row: shoe_size'],
    ['a misspelt column', '/predict', { ...customer, contrakt: 1 }, '400 invalid-row: did you mean'],
    ['a wrong type', '/predict', { tenure: 'five' }, '400 invalid-row: "tenure"'],
    ['a missing value', '/predict', { contract: 'One year' }, '400 invalid-row: "tenure"'],
    ['a poisoned key', '/predict', '{"tenure":1,"__proto__":{"x":1}}', '400 invalid-row: __proto__'],
    ['invalid JSON', '/predict', '{"tenure":', '400 invalid-json: JSON'],
    ['text that is no JSON', '/predict', 'tenure=1', '400 invalid-json: not a JSON document'],
    ['a comma too many', '/predict', '{"tenure":1,}', '400 invalid-json: character 13'],
    ['an empty body', '/predict', '', '400 invalid-json: empty'],
    ['a deep document', '/predict', deep, '400 invalid-row: "tenure"'],
    ['a list', '/predict', [customer], '400 invalid-row: object'],
    ['a body of 2 MB', '/predict', 'x'.repeat(2_000_000), '413 body-too-large: 256 KiB'],
    ['a batch that is none', '/predict/batch', [customer], '400 invalid-request: {\\"rows\\"'],
    ['a batch with a further field', '/predict/batch', { rows: [], top: 1 }, '400 invalid-request: rows'],
    ['too many rows', '/predict/batch', { rows: Array(6).fill(customer) }, '413 batch-too-large: 5 rows'],
    ['a batch of brackets', '/predict/batch', '['.repeat(4_000_000), '413 batch-too-large: 100000 objects and lists'],
    ['a batch of 9 MB', '/predict/batch', 'x'.repeat(9_000_000), '413 body-too-large: 8 MiB'],
  ])('answers %s with a problem', async (_, path, body, expected) => {
    const [, status, kind, words] = /^(\d+) (\S+): (.*)$/.exec(expected) ?? [];
    const answer = await post(pod.url + path, body);
    expect(answer.status).toBe(Number(status));
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ status: Number(status), type: `urn:churnops:problem:${kind}` });
    expect(JSON.stringify(answer.body)).toContain(words);
    expect(JSON.stringify(answer.body)).not.toContain('.js');
  });

  it.each<[string, string, RequestInit, number]>([
    ['an address that is not there', '/nothing', {}, 404],
    ['a method that is not there', '/predict', { headers: { 'x-api-key': key } }, 405],
    ['a body that is no JSON', '/predict', { method: 'POST', body: 'tenure=1', headers: { 'x-api-key': key } }, 415],
    ['a body for an address that is not there', '/nothing', { method: 'POST', body: '{'.repeat(100_000) }, 404],
    ['no key', '/model', {}, 401],
    ['another key', '/model', { headers: { 'x-api-key': newApiKey() } }, 401],
    ['a mistyped key', '/model', { headers: { authorization: `Bearer ${key}x` } }, 401],
  ])('answers %s with a problem', async (_, path, init, status) => {
    const answer = await ask(pod.url + path, init);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ status, requestId: answer.headers.get('x-request-id') });
    expect(answer.headers.has('www-authenticate')).toBe(status === 401);
    expect(answer.headers.get('allow')).toBe(status === 405 ? 'POST' : null);
  });

  it('goes on serving after all of these', async () => {
    expect((await post(`${pod.url}/predict`, customer)).status).toBe(200);
    expect(pod.lines.join('\n')).not.toContain('"level":"error"');
  });

  it('keeps the request id of its caller', async () => {
    const { headers } = await post(`${pod.url}/predict`, customer, { 'x-request-id': 'order-17' });
    expect(headers.get('x-request-id')).toBe('order-17');
  });

  it('takes the key as a bearer token too', async () => {
    const { status } = await ask(`${pod.url}/model`, { headers: { authorization: `Bearer ${key}` } });
    expect(status).toBe(200);
  });

  it('shows its model card without the training host', async () => {
    const { body } = await ask(`${pod.url}/model`, { headers: { 'x-api-key': key } });
    expect(body).toMatchObject({ revision: 'telco-1', decision: { threshold: 0.5 }, metrics: { RocAUC: 0.84 } });
    expect(JSON.stringify(body)).not.toContain('fixture');
  });

  it('is documented from its own feature contract, open to everybody', async () => {
    const page = await ask(`${pod.url}/docs`);
    expect(page.status).toBe(200);
    expect(page.body).toContain('swagger-ui');
    const { body } = await ask(`${pod.url}/openapi.json`);
    expect(body).toMatchObject({
      openapi: '3.1.0',
      paths: { '/predict': { post: { security: [{ apiKey: [] }, { bearer: [] }] } } },
      components: {
        schemas: {
          Customer: {
            required: ['tenure'],
            properties: {
              tenure: { type: ['number', 'null'], examples: [36] },
              contract: { 'x-categories': ['Month-to-month', 'One year', 'Two year'] },
              country: { description: 'Accepted and not used by the model.' },
            },
          },
        },
      },
    });
  });

  it.each(['/health', '/health/live', '/health/ready'])('answers %s on both ports without a key', async (path) => {
    expect((await ask(pod.url + path)).status).toBe(200);
    expect((await ask(pod.metricsUrl + path)).status).toBe(200);
  });

  it('has exactly the metrics of the contract, on their own port', async () => {
    const { body } = await ask(`${pod.metricsUrl}/metrics`);
    const lines = z.string().parse(body).split('\n');
    const names = lines.filter((line) => line.startsWith('# TYPE')).map((line) => line.split(' ')[2]);
    expect(names.sort()).toEqual(
      Object.values(servingMetrics)
        .map(({ name }) => name)
        .sort(),
    );
    for (const { name, labels } of Object.values(servingMetrics)) {
      const sample = lines.find((line) => line.startsWith(`${name}{`) || line.startsWith(`${name}_count{`));
      expect([...(sample ?? '').matchAll(/(\w+)="/g)].map((match) => match[1]).sort()).toEqual([...labels].sort());
    }
    expect((await ask(`${pod.url}/metrics`)).status).toBe(404);
  });

  it('counts under routes, never under paths that a caller chose', async () => {
    await ask(`${pod.url}/chosen-by-a-caller`);
    const { body } = await ask(`${pod.metricsUrl}/metrics`);
    expect(body).toContain('route="unmatched"');
    expect(body).not.toContain('chosen-by-a-caller');
    expect(body).toMatch(/churnops_unseen_categories_total\{feature="contract"[^}]*\} [1-9]/);
  });

  it('never logs a key or a value', () => {
    expect(pod.lines.join('\n')).not.toContain(key);
    expect(pod.lines.join('\n')).not.toContain('Month-to-month');
  });
});

describe('API keys', () => {
  it('are exchanged without a restart, and a damaged entry accepts nobody', async () => {
    const folder = await folderWithKey();
    const pod = await startPod(folder);
    const next = newApiKey();
    const statusWith = async (candidate: string) =>
      (await ask(`${pod.url}/model`, { headers: { 'x-api-key': candidate } })).status;
    try {
      expect(await statusWith(key)).toBe(200);
      await mountKeys(folder, { second: keyEntry(next), damaged: '{"sha256":""}' });
      await eventually(async () => (await statusWith(next)) === 200);
      expect(await statusWith(key)).toBe(401);
      await pod.lineWith('"entry":"damaged"');
    } finally {
      await pod.kill();
      await folder.remove();
    }
  });

  it('are not asked for with authentication None', async () => {
    const folder = await podFolder();
    const pod = await startPod(folder, { [servingEnvironment.authentication]: 'None' });
    try {
      expect((await ask(`${pod.url}/model`)).status).toBe(200);
    } finally {
      await pod.kill();
      await folder.remove();
    }
  });
});

describe('a rate limit', () => {
  const limit = { [servingEnvironment.requestsPerSecond]: '1', [servingEnvironment.requestBurst]: '2' };
  const other = newApiKey();
  let folder: PodFolder;
  let pod: Pod;

  beforeAll(async () => {
    folder = await podFolder();
    await mountKeys(folder, { first: keyEntry(key), second: keyEntry(other) });
    pod = await startPod(folder, limit);
  });

  afterAll(async () => {
    await pod.kill();
    await folder.remove();
  });

  /** Asks for more than a machine can answer within the seconds that so many requests are allowed in. */
  async function flood(path: string): Promise<Answer[]> {
    return Promise.all(Array.from({ length: 60 }, () => post(pod.url + path, customer)));
  }

  it('answers what it allows and refuses the rest with a problem, whatever the address', async () => {
    const start = performance.now();
    const answers = [...(await flood('/predict')), ...(await flood('/predict/batch'))];
    const seconds = (performance.now() - start) / 1000;
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.length - refused.length).toBeLessThanOrEqual(2 + seconds);
    expect(refused[0]?.body).toMatchObject({
      type: 'urn:churnops:problem:rate-limited',
      status: 429,
      detail: 'Each client may send 1 requests a second, and 2 at once. Wait 1 s.',
    });
    expect(Object.fromEntries(refused[0]?.headers ?? [])).toMatchObject({
      'content-type': expect.stringContaining('application/problem+json'),
      'retry-after': '1',
    });
    const { body } = await ask(`${pod.metricsUrl}/metrics`);
    expect(body).toMatch(new RegExp(`churnops_rate_limited_total{[^}]*} ${refused.length}\\n`));
  });

  it('leaves other keys, health, metrics and documentation alone', async () => {
    const answers = [...(await flood('/predict')), await ask(`${pod.url}/model`, { headers: { 'x-api-key': other } })];
    expect(answers.at(-1)?.status).toBe(200);
    const open = ['/health', '/health/live', '/health/ready', '/openapi.json'].map((path) => pod.url + path);
    const urls = [...open, `${pod.metricsUrl}/metrics`, `${pod.metricsUrl}/health/ready`];
    const statuses = await Promise.all([...urls, ...urls, ...urls].map(async (url) => (await ask(url)).status));
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it('answers whoever waits as long as he was told', async () => {
    const refused = (await flood('/predict')).filter(({ status }) => status === 429);
    const [last] = refused.slice(-1);
    // Timers may ring a little early.
    await sleep(Number(last?.headers.get('retry-after')) * 1000 + 100);
    expect((await post(`${pod.url}/predict`, customer)).status).toBe(200);
  });

  it('counts by address where no key is asked for, whatever a header claims, and allows two seconds at once by default', async () => {
    const open = await podFolder();
    const anyone = await startPod(open, {
      [servingEnvironment.requestsPerSecond]: '1',
      [servingEnvironment.authentication]: 'None',
    });
    try {
      const asked = Array.from({ length: 60 }, (_, client) =>
        ask(`${anyone.url}/model`, { headers: { 'x-forwarded-for': `10.0.0.${client}`, 'x-api-key': newApiKey() } }),
      );
      const refused = (await Promise.all(asked)).filter(({ status }) => status === 429);
      expect(refused[0]?.body).toMatchObject({
        detail: expect.stringContaining('1 requests a second, and 2 at once.'),
      });
    } finally {
      await anyone.kill();
      await open.remove();
    }
  });
});

describe('a pod that leaves', () => {
  it('answers every request before it ends with 0', async () => {
    const folder = await folderWithKey();
    const pod = await startPod(folder);
    const statuses: number[] = [];
    // A client asks on, until an answer tells it to go elsewhere, as the clients of a Service do.
    const client = async () => {
      for (;;) {
        const { status, headers } = await post(`${pod.url}/predict`, customer);
        statuses.push(status);
        if (headers.get('connection') === 'close') return;
      }
    };
    try {
      const clients = Array.from({ length: 8 }, client);
      await eventually(() => Promise.resolve(statuses.length > 200));
      pod.child.kill('SIGTERM');
      await Promise.all(clients);
      expect(await pod.exit).toBe(0);
      expect(statuses.filter((status) => status !== 200)).toEqual([]);
    } finally {
      await pod.kill();
      await folder.remove();
    }
  });

  it('ends although a connection stays silent', async () => {
    const folder = await folderWithKey();
    // Longer than the pod waits for its clients, so that the connection outlives the listening port.
    const pod = await startPod(folder, { [servingEnvironment.requestTimeoutSeconds]: '7' });
    const socket = connect(Number(new URL(pod.url).port), '127.0.0.1');
    try {
      await once(socket, 'connect');
      pod.child.kill('SIGTERM');
      expect(await pod.exit).toBe(0);
    } finally {
      socket.destroy();
      await pod.kill();
      await folder.remove();
    }
  });

  it('tells its clients to go elsewhere once its revision is retired, and answers them still', async () => {
    const folder = await folderWithKey();
    const pod = await startPod(folder);
    try {
      expect((await post(`${pod.url}/predict`, customer)).headers.get('connection')).toBe('keep-alive');
      await writeFile(join(folder.podInfo, 'retired'), '2026-01-01T00:00:00Z');
      await eventually(async () => {
        const { status, headers } = await post(`${pod.url}/predict`, customer);
        expect(status).toBe(200);
        return headers.get('connection') === 'close';
      });
      expect((await ask(`${pod.metricsUrl}/health/ready`)).status).toBe(200);
    } finally {
      await pod.kill();
      await folder.remove();
    }
  });
});

it('a client that sends no further is answered 408', async () => {
  const folder = await folderWithKey();
  const pod = await startPod(folder, { [servingEnvironment.requestTimeoutSeconds]: '1' });
  try {
    const socket = connect(Number(new URL(pod.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(`POST /predict HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\r\nContent-Length: 100\r\n`);
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('urn:churnops:problem:request-timeout');
  } finally {
    await pod.kill();
    await folder.remove();
  }
});

describe('an artifact that must not be served', () => {
  const wrongHash = 'f'.repeat(64);

  it.each<[string, (folder: PodFolder) => Promise<Record<string, string>>, string]>([
    [
      'has another hash than the recorded one',
      () => Promise.resolve({ [servingEnvironment.artifactSha256]: wrongHash }),
      `expected ${wrongHash}`,
    ],
    ['is not there', () => Promise.resolve({ [servingEnvironment.artifact]: '/nowhere' }), 'manifest.json can'],
    [
      'has a damaged model',
      async (folder) => {
        await writeFile(join(folder.artifact, 'model.onnx'), 'damaged');
        return {};
      },
      'does not belong to its manifest',
    ],
  ])('%s: exit code 3 and a sentence in the last line', async (_, damage, words) => {
    const folder = await podFolder();
    const pod = startServing(['pod'], { ...(await podEnvironment(folder)), ...(await damage(folder)) });
    try {
      expect(await pod.exit).toBe(3);
      expect(pod.lines.at(-1)).toContain(words);
      expect(pod.lines.join('\n')).not.toContain('Listening');
    } finally {
      await pod.kill();
      await folder.remove();
    }
  });

  it.each<[string, object, string]>([
    ['does not reproduce its golden rows', { goldenRows: [{ row: customer, probability: 0.1 }] }, 'does not reproduce'],
    ['has a version of the future', { version: 'churnops.dev/artifact/v9' }, 'version churnops.dev/artifact/v9'],
    ['has a damaged manifest', { seed: 'x' }, 'is damaged: seed'],
    ['has a gap in its features', { features: manifest.features.slice(1) }, 'does not follow the one before'],
  ])('%s: serve ends with exit code 3 too', async (_, difference, words) => {
    const folder = await podFolder();
    await writeFile(join(folder.artifact, 'manifest.json'), JSON.stringify({ ...manifest, ...difference }));
    const serving = startServing(['serve', folder.artifact, '--port', '0', '--metrics-port', 'off']);
    try {
      expect(await serving.exit).toBe(3);
      expect(serving.lines).toHaveLength(1);
      expect(serving.lines[0]).toContain(words);
    } finally {
      await serving.kill();
      await folder.remove();
    }
  });
});

it('a pod that lacks a variable names it', async () => {
  const pod = startServing(['pod']);
  expect(await pod.exit).toBe(1);
  expect(pod.lines).toHaveLength(1);
  expect(pod.lines[0]).toContain(`The environment variable ${servingEnvironment.artifactSha256} can't be used`);
});

describe('churnops serve', () => {
  it('prints a key, and an example that works', async () => {
    const serving = startServing(['serve', artifactFolder, '--port', '0', '--metrics-port', '0']);
    try {
      const example = await serving.lineWith('curl');
      const [, url = '', printedKey = '', row = ''] =
        /curl -s (\S+) .*'X-API-Key: (\S+)' -d '(.*)'$/.exec(example) ?? [];
      const { status, body } = await post(url, row, { 'x-api-key': printedKey });
      expect(status).toBe(200);
      expect(body).toMatchObject({ revision: expect.stringMatching(/^local-/), probability: expect.any(Number) });
      serving.child.kill('SIGINT');
      expect(await serving.exit).toBe(0);
    } finally {
      await serving.kill();
    }
  });

  it('says so in one sentence when its port is in use', async () => {
    const first = startServing(['serve', artifactFolder, '--port', '0', '--metrics-port', 'off']);
    try {
      const port = /:(\d+)$/.exec(await first.lineWith('Serving'))?.[1] ?? '';
      const second = startServing(['serve', artifactFolder, '--port', port, '--metrics-port', 'off']);
      expect(await second.exit).toBe(2);
      const third = startServing(['serve', artifactFolder, '--port', '0', '--metrics-port', port]);
      expect(await third.exit).toBe(2);
      const sentence = `Port ${port} is in use: choose another with --port or --metrics-port.`;
      expect([...second.lines, ...third.lines]).toEqual([sentence, sentence]);
    } finally {
      await first.kill();
    }
  });

  it.each([
    ['no command', [], 'Name a command'],
    ['no folder', ['serve'], "Missing required argument 'DIR'"],
    ['a folder without a model', ['serve', '/nowhere'], 'There is no manifest.json in /nowhere'],
    ['an unknown option', ['serve', 'model', '--prot', '1'], "Unknown option '--prot'"],
    ['a wrong port', ['serve', 'model', '--port', 'x'], 'A port is a number'],
    ['an unknown command', ['predict'], "Unknown command 'predict'"],
  ])('ends with one sentence and exit code 2 for %s', async (_, args, words) => {
    const serving = startServing(args);
    expect(await serving.exit).toBe(2);
    expect(serving.lines).toHaveLength(1);
    expect(serving.lines[0]).toContain(words);
  });

  it('explains itself with examples', async () => {
    const help = startServing(['serve', '--help']);
    expect(await help.exit).toBe(0);
    expect(help.lines.join('\n')).toContain('churnops serve model');
  });
});
