import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createPlainServer, request } from 'node:http';
import { createServer as createSecureServer, type Server } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RegisteredVersion, type Registration, registrationEnvironment } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { makeCertificate } from '../fixtures/certificates.js';
import { MlflowServer } from '../fixtures/mlflow-server.js';
import { portOf } from '../fixtures/port-of.js';
import { toldManifest } from '../fixtures/told-manifest.js';
import { MlflowClient, type MlflowAccess } from './mlflow-client.js';
import { register } from './register.js';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

let server: MlflowServer;
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'churnops-register-'));
  server = await MlflowServer.start();
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** An artifact as a pod has it mounted. */
async function artifact(revision: string, differences: object = {}): Promise<RegisteredVersion> {
  const text = JSON.stringify({ ...toldManifest(), revision, ...differences });
  const place = join(folder, revision);
  await mkdir(place, { recursive: true });
  await writeFile(join(place, 'manifest.json'), text);
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { revision, sha256, folder: place, source: `s3://models/${revision}/${sha256}` };
}

function registration(name: string, differences: Partial<Registration> = {}): Registration {
  return {
    url: server.url,
    name,
    model: 'retention/telco',
    modelUid: 'uid',
    versions: [],
    refused: [],
    champion: { alias: 'champion', sha256: null },
    challenger: { alias: 'challenger', sha256: null },
    ...differences,
  };
}

const as = (alias: string, version?: RegisteredVersion) => ({ alias, sha256: version?.sha256 ?? null });
const log = { info: () => undefined, warn: () => undefined };

async function tell(wanted: Registration, differences: Partial<MlflowAccess> = {}): Promise<void> {
  const client = new MlflowClient({ url: wanted.url, ...differences });
  try {
    await register(client, wanted, log);
  } finally {
    await client.close();
  }
}

const KeyValues = z.array(z.object({ key: z.string(), value: z.union([z.string(), z.number()]) }));
const Model = z.object({
  registered_model: z.object({ aliases: z.array(z.object({ alias: z.string(), version: z.string() })).default([]) }),
});
const Versions = z.object({
  model_versions: z
    .array(z.object({ version: z.string(), source: z.string(), run_id: z.string(), description: z.string() }))
    .default([]),
});
const Runs = z.object({
  runs: z
    .array(
      z.object({
        info: z.object({ run_id: z.string(), run_name: z.string(), status: z.string() }),
        data: z.object({ metrics: KeyValues, params: KeyValues, tags: KeyValues }),
      }),
    )
    .default([]),
});

async function aliasesOf(name: string): Promise<Record<string, string>> {
  const { registered_model: found } = await server.ask(Model, `registered-models/get?name=${name}`);
  return Object.fromEntries(found.aliases.map(({ alias, version }) => [alias, version]));
}

async function versionsOf(name: string) {
  const filter = encodeURIComponent(`name = '${name}'`);
  const found = await server.ask(Versions, `model-versions/search?filter=${filter}`);
  return found.model_versions.toSorted((a, b) => Number(a.version) - Number(b.version));
}

async function runsOf(name: string) {
  const Experiment = z.object({ experiment: z.object({ experiment_id: z.string() }) });
  const { experiment } = await server.ask(Experiment, `experiments/get-by-name?experiment_name=${name}`);
  return (await server.ask(Runs, 'runs/search', { experiment_ids: [experiment.experiment_id] })).runs;
}

async function refusal(wanted: Registration, access: Partial<MlflowAccess> = {}): Promise<unknown> {
  return tell(wanted, access).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('MLflow', () => {
  it('has a run with parameters and metrics, and a version, of each trained model', async () => {
    const version = await artifact('telco-1');
    await tell(registration('m.first', { versions: [version], champion: as('champion') }));
    const [run] = await runsOf('m.first');
    expect(run?.info).toMatchObject({ run_name: 'telco-1', status: 'FINISHED' });
    expect(run?.data.params).toContainEqual({ key: 'max_depth', value: '4' });
    expect(run?.data.metrics).toContainEqual(expect.objectContaining({ key: 'RocAUC', value: 0.8471 }));
    expect(run?.data.tags).toContainEqual({ key: 'churnops.dev/artifact-sha256', value: version.sha256 });
    expect(await versionsOf('m.first')).toEqual([
      expect.objectContaining({ version: '1', source: version.source, run_id: run?.info.run_id }),
    ]);
    expect(await aliasesOf('m.first')).toEqual({});
  });

  it('has a run, and no version and no alias, of a model that a gate refused', async () => {
    const name = 'm.refused-model';
    const [good, bad] = [await artifact('telco-1'), await artifact('telco-2', { metrics: { RocAUC: 0.55 } })];
    const reason = 'RocAUC 0.5500 is below minValue 0.60.';
    const refused = [
      { revision: 'telco-2', folder: bad.folder, reason },
      { revision: 'telco-3', folder: join(folder, 'nowhere'), reason },
    ];
    const wanted = registration(name, { versions: [good], refused, champion: as('champion', good) });
    await tell(wanted);
    await tell(wanted);
    const runs = (await runsOf(name)).toSorted((a, b) => (a.info.run_name < b.info.run_name ? -1 : 1));
    expect(runs.map(({ info }) => [info.run_name, info.status])).toEqual([
      ['telco-1', 'FINISHED'],
      ['telco-2', 'FINISHED'],
    ]);
    expect(runs[1]?.data.metrics).toContainEqual(expect.objectContaining({ key: 'RocAUC', value: 0.55 }));
    expect(runs[1]?.data.tags).toContainEqual({ key: 'churnops.dev/refused', value: reason });
    expect(runs[0]?.data.tags.map(({ key }) => key)).not.toContain('churnops.dev/refused');
    expect((await versionsOf(name)).map(({ source }) => source)).toEqual([good.source]);
    expect(await aliasesOf(name)).toEqual({ champion: '1' });
  });

  it('has aliases that follow a rollout, a promotion and a rollback', async () => {
    const [first, second] = [await artifact('telco-1'), await artifact('telco-2')];
    const name = 'm.aliases';
    await tell(registration(name, { versions: [first], champion: as('champion', first) }));
    expect(await aliasesOf(name)).toEqual({ champion: '1' });
    const rollout = { champion: as('champion', first), challenger: as('challenger', second) };
    await tell(registration(name, { versions: [second], ...rollout }));
    expect(await aliasesOf(name)).toEqual({ champion: '1', challenger: '2' });
    await tell(registration(name, { champion: as('champion', second) }));
    expect(await aliasesOf(name)).toEqual({ champion: '2' });
    await tell(registration(name, { champion: as('champion', first) }));
    expect(await aliasesOf(name)).toEqual({ champion: '1' });
    await tell(registration(name));
    expect(await aliasesOf(name)).toEqual({ champion: '1' });
  });

  it('has nothing twice when it is told twice, or after a try that was interrupted', async () => {
    const version = await artifact('telco-1');
    const wanted = registration('m.twice', { versions: [version], champion: as('champion', version) });
    const experiment = await server.ask(z.object({ experiment_id: z.string() }), 'experiments/create', {
      name: 'm.twice',
    });
    // A try that ended after its run was made.
    const tags = [{ key: 'churnops.dev/artifact-sha256', value: version.sha256 }];
    await server.ask(z.object({}), 'runs/create', { ...experiment, run_name: 'telco-1', tags });
    await tell(wanted);
    await tell(wanted);
    expect(await versionsOf('m.twice')).toHaveLength(1);
    expect((await runsOf('m.twice')).map(({ info }) => info.status)).toEqual(['FINISHED']);
  });

  it('lacks a version whose manifest is gone or was changed, and has the others', async () => {
    const [changed, good] = [await artifact('telco-7'), await artifact('telco-8')];
    await writeFile(join(changed.folder, 'manifest.json'), '{}');
    const gone = { ...changed, folder: join(folder, 'nowhere'), sha256: 'f'.repeat(64) };
    await tell(registration('m.gone', { versions: [gone, changed, good], champion: as('champion', good) }));
    expect((await versionsOf('m.gone')).map(({ source }) => source)).toEqual([good.source]);
    expect(await refusal(registration('m.gone', { champion: as('champion', gone) }))).toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(/has no version of artifact f+: its manifest is gone/),
    });
  });

  it('keeps a registered model of another ChurnModel from us, and gives us one of nobody', async () => {
    const version = await artifact('telco-1');
    await tell(registration('m.shared', { versions: [version] }));
    expect(await refusal(registration('m.shared', { model: 'staging/telco' }))).toMatchObject({
      message: expect.stringMatching(/^The registered model m\.shared belongs to ChurnModel retention\/telco: give/),
    });
    await server.ask(z.object({}), 'registered-models/create', { name: 'm.nobody' });
    await tell(registration('m.nobody', { versions: [version], champion: as('champion', version) }));
    expect(await aliasesOf('m.nobody')).toEqual({ champion: '1' });
  });
});

describe('an MLflow that is away', () => {
  it('is told of in a sentence without credentials, at once', async () => {
    const away = createServer().listen(0, '127.0.0.1');
    await once(away, 'listening');
    const port = portOf(away);
    await new Promise((resolve) => away.close(resolve));
    const problem = await refusal(registration('m.away', { url: `http://127.0.0.1:${port}/mlflow` }));
    expect(problem).toMatchObject({
      exitCode: 3,
      message: `127.0.0.1:${port} can't be reached for MLflow (ECONNREFUSED): check spec.registry.mlflow.url and the network.`,
    });
  });

  it('is not looked for where a cloud gives its credentials away', async () => {
    const problem = await refusal(registration('m.metadata', { url: 'http://169.254.169.254' }));
    expect(String(problem)).toMatch(/169\.254\.169\.254, where no data may be fetched from/);
  });

  it('may be another server', async () => {
    const problem = await refusal(registration('m.other', { url: `${server.url}/elsewhere` }));
    expect(problem).toMatchObject({
      message: expect.stringMatching(/does not answer GET registered-models\/get \(HTTP status 404\)/),
    });
  });

  it.each([
    [
      'a page to log in',
      '<!doctype html>',
      /as MLflow would not: is spec\.registry\.mlflow\.url that of its server\?$/,
    ],
    ['more than MLflow has to say', ' '.repeat(2 ** 21), /can't be reached for MLflow/],
  ])('may be one that answers with %s', async (_, answer, sentence) => {
    const other = createPlainServer((_asked, answering) => answering.end(answer)).listen(0, '127.0.0.1');
    await once(other, 'listening');
    try {
      const problem = await refusal(registration('m.page', { url: `http://127.0.0.1:${portOf(other)}` }));
      expect(problem).toMatchObject({ exitCode: 3, message: expect.stringMatching(sentence) });
    } finally {
      other.closeAllConnections();
      other.close();
    }
  });
});

describe('an MLflow behind a proxy with credentials and a certificate of its own', () => {
  let proxy: Server;
  let url = '';
  const file = (name: string) => join(folder, 'guard', name);
  const accepted = [
    `Basic ${Buffer.from('churnops:a-password-of-the-tests').toString('base64')}`,
    'Bearer a-token-of-the-tests',
  ];

  beforeAll(async () => {
    const account = { MLFLOW_TRACKING_USERNAME: 'churnops\n', MLFLOW_TRACKING_PASSWORD: 'a-password-of-the-tests' };
    await secret('account', account);
    await secret('token', { MLFLOW_TRACKING_TOKEN: 'a-token-of-the-tests' });
    await secret('wrong', { ...account, MLFLOW_TRACKING_PASSWORD: 'wrong-of-the-tests' });
    await secret('half', { MLFLOW_TRACKING_USERNAME: 'churnops' });
    const { cert, key } = await makeCertificate(join(folder, 'guard'));
    proxy = createSecureServer({ cert, key }, (asked, answer) => {
      if (!accepted.includes(asked.headers.authorization ?? '')) {
        answer.writeHead(401).end('Who are you?');
        return;
      }
      const { method = 'GET', headers, url: path = '/' } = asked;
      const passed = request(`${server.url}${path}`, { method, headers }, (answered) => {
        answer.writeHead(answered.statusCode ?? 502, answered.headers);
        answered.pipe(answer);
      });
      asked.pipe(passed);
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    url = `https://127.0.0.1:${portOf(proxy)}`;
  });
  afterAll(async () => {
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  });

  async function secret(name: string, keys: Readonly<Record<string, string>>): Promise<void> {
    await mkdir(file(name), { recursive: true });
    for (const [key, value] of Object.entries(keys)) await writeFile(join(file(name), key), value);
  }

  it.each(['account', 'token'])('is told by the command, with the %s that its environment names', async (name) => {
    const version = await artifact(`by-${name}`);
    const wanted = { ...registration(`m.${name}`, { versions: [version] }), url };
    const environment = {
      [registrationEnvironment.registration]: JSON.stringify(wanted),
      [registrationEnvironment.credentials]: file(name),
      [registrationEnvironment.caFile]: file('ca.crt'),
    };
    expect(await ended(process.execPath, [main, 'register'], environment)).toEqual({ code: 0, lastLine: '' });
    expect(await versionsOf(`m.${name}`)).toHaveLength(1);
  });

  it.each<[string, () => Partial<MlflowAccess>, RegExp]>([
    [
      'without credentials',
      () => ({ caFile: file('ca.crt') }),
      /asks for credentials: set spec\.registry\.mlflow\.secretRef \(HTTP status 401\): Who are you\?$/,
    ],
    [
      'with a Secret that is missing',
      () => ({ caFile: file('ca.crt'), credentials: file('none') }),
      /must exist and have the keys MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN/,
    ],
    [
      'with half a Secret',
      () => ({ caFile: file('ca.crt'), credentials: file('half') }),
      /must exist and have the keys MLFLOW_TRACKING_USERNAME/,
    ],
    [
      'with wrong credentials',
      () => ({ caFile: file('ca.crt'), credentials: file('wrong') }),
      /refuses the credentials of spec\.registry\.mlflow\.secretRef \(HTTP status 401\): Who are you\?$/,
    ],
    [
      'with a certificate that nobody signed',
      () => ({ credentials: file('account') }),
      /^TrainingProblem: The certificate of 127\.0\.0\.1:\d+ is not trusted for MLflow .*: name the CA .* in spec\.registry\.mlflow\.caBundleRef\.$/,
    ],
    [
      'with certificates that are missing',
      () => ({ caFile: file('none'), credentials: file('account') }),
      /caBundleRef names does not exist/,
    ],
  ])('is not told %s, and that is said', async (_, access, sentence) => {
    const problem = await refusal({ ...registration('m.refused'), url }, access());
    expect(problem).toMatchObject({ exitCode: 3 });
    expect(String(problem)).toMatch(sentence);
    expect(String(problem)).not.toContain('of-the-tests');
  });
});

async function ended(program: string, args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } });
  let said = '';
  child.stderr.on('data', (chunk) => (said += String(chunk)));
  await once(child, 'close');
  return { code: child.exitCode, lastLine: said.trim().split('\n').at(-1) };
}
