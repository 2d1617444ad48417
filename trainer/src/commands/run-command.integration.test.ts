import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { artifactKeys, artifactStoreEnvironment, Manifest, trainingEnvironment, TrainingReport } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PlayedConfigMap } from '../fixtures/played-config-map.js';
import { S3Server } from '../fixtures/s3-server.js';
import { seededRandom } from '../seeded-random.js';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const ROWS = 3_000;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'churnops-run-'));
  const certificate = '-x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 30 -keyout key -out ca.crt';
  const subject = ['-subj', '/CN=played', '-addext', 'subjectAltName=IP:127.0.0.1'];
  await promisify(execFile)('openssl', ['req', ...certificate.split(' '), ...subject], { cwd: folder });
  await writeFile(join(folder, 'token'), 'secret');
  await writeFile(
    join(folder, 'good.csv'),
    table((risk, chance) => chance < risk),
  );
  await writeFile(
    join(folder, 'shuffled.csv'),
    table((_, chance) => chance < 0.4),
  );
  const good = (await readFile(join(folder, 'good.csv'), 'utf8')).trim().split('\n');
  const leak = good.map((row, index) => `${row},${index === 0 ? 'state' : row.endsWith('Yes') ? 'closed' : 'open'}`);
  await writeFile(join(folder, 'leak.csv'), leak.join('\n'));
  await writeFile(join(folder, 'few.csv'), good.slice(0, 151).join('\n'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Customers of whom the first column tells how likely they leave. */
function table(leaves: (risk: number, chance: number) => boolean): string {
  const { uniform } = seededRandom(1, 'customers');
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const [spend, age] = [uniform(), uniform()];
    const left = leaves(0.1 + 0.6 * spend ** 2, uniform());
    return `c${row},${spend.toFixed(4)},${age.toFixed(4)},${left ? 'Yes' : 'No'}`;
  });
  return ['id,spend,age,churn', ...rows, ''].join('\n');
}

const input = (file: string) => ({
  data: {
    uri: `file:///${file}`,
    format: 'Auto',
    s3: { endpoint: '', region: '', forcePathStyle: true },
    label: 'churn',
    excludeLabels: [],
    entityKey: 'id',
    excludeColumns: [],
  },
  features: [],
  seed: 42,
  search: { maxTrials: 1 },
  gates: [],
  decision: { thresholdPolicy: 'MaximumF1' },
});

interface Ended {
  readonly code: number | null;
  readonly log: string;
}

/**
 * Runs a training pod's command, whose API server keeps this ConfigMap.
 *
 * @param options `current`: a folder with the artifact of what serves; `more`: further environment
 */
async function trained(
  file: string,
  world: PlayedConfigMap,
  { current, more = {} }: { readonly current?: string; readonly more?: Record<string, string> } = {},
): Promise<Ended> {
  const [key, cert] = [await readFile(join(folder, 'key')), await readFile(join(folder, 'ca.crt'))];
  const server = createServer({ key, cert }, world.listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const child = spawn(process.execPath, [main, 'run'], {
      env: { ...environment(file, portOf(server)), ...currentVariable(current), ...more },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let log = '';
    child.stdout.on('data', (chunk) => (log += String(chunk)));
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        resolve({ code, log });
      });
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function portOf(server: Server): string {
  const address = server.address();
  return String(typeof address === 'object' ? address?.port : address);
}

function environment(file: string, port: string): Record<string, string> {
  return {
    [trainingEnvironment.input]: JSON.stringify(input(file)),
    [trainingEnvironment.configMap]: 'telco-2-artifact',
    [trainingEnvironment.namespace]: 'shop',
    [trainingEnvironment.job]: 'telco-2-train',
    [trainingEnvironment.dataRoot]: folder,
    KUBERNETES_SERVICE_HOST: '127.0.0.1',
    KUBERNETES_SERVICE_PORT: port,
    CHURNOPS_SERVICE_ACCOUNT: folder,
    CHURNOPS_TERMINATION_LOG: join(folder, 'termination-log'),
  };
}

function currentVariable(current: string | undefined): Record<string, string> {
  return current === undefined ? {} : { [trainingEnvironment.currentArtifact]: current };
}

function published(world: PlayedConfigMap): { manifest: Manifest; report: TrainingReport } {
  expect(world.immutable).toBe(true);
  const [manifest, report] = [artifactKeys.manifest, artifactKeys.report].map((key) => world.data[key] ?? '');
  return {
    manifest: Manifest.parse(JSON.parse(manifest ?? '')),
    report: TrainingReport.parse(JSON.parse(report ?? '')),
  };
}

describe('a training pod', () => {
  const first = new PlayedConfigMap();
  const current = () => join(folder, 'current');

  beforeAll(async () => {
    expect(await trained('good.csv', first)).toMatchObject({ code: 0 });
    await mkdir(current());
    await writeFile(join(current(), artifactKeys.manifest), first.data[artifactKeys.manifest] ?? '');
    await writeFile(
      join(current(), artifactKeys.model),
      Buffer.from(first.binaryData[artifactKeys.model] ?? '', 'base64'),
    );
  });

  it('compares with nothing when nothing serves', () => {
    const { manifest, report } = published(first);
    expect(manifest.comparison).toBeUndefined();
    expect(manifest.warnings).toEqual([]);
    expect(report.failedGates).toEqual([]);
  });

  it('finds its work done when it is tried again', async () => {
    const { writes } = first;
    const ended = await trained('good.csv', first);
    expect(ended).toMatchObject({ code: 0, log: expect.stringContaining('published already') });
    expect(first.writes).toBe(writes);
  });

  it('compares with what serves, on the same rows', async () => {
    const world = new PlayedConfigMap();
    expect(await trained('good.csv', world, { current: current() })).toMatchObject({ code: 0 });
    const { manifest, report } = published(world);
    expect(manifest.comparison).toMatchObject({
      artifactSha256: published(first).report.artifactSha256,
      rows: manifest.data.testRows,
      change: { RocAUC: 0, LogLoss: 0 },
    });
    expect(report.failedGates).toEqual([]);
  });

  it('refuses a model of shuffled labels, by name of the gates', async () => {
    const world = new PlayedConfigMap();
    expect(await trained('shuffled.csv', world, { current: current() })).toMatchObject({ code: 0 });
    const { failedGates } = published(world).report;
    expect(failedGates).toContainEqual(expect.stringMatching(/^RocAUC 0\.\d{4} is below minValue 0\.60/));
  });

  it.each<[string, string, object, RegExp]>([
    [
      'a column that gives the label away',
      'leak.csv',
      { leakPolicy: 'Reject' },
      /^Column "state" \(ROC AUC 1\.0000, lower 95 % bound 0\.99\d\d\) gives the label away, .* leakPolicy to Keep\.$/,
    ],
    ['too few rows', 'few.csv', {}, /^The table has 150 rows .* at least 200 are needed\.$/],
  ])('leaves word of a table that it refuses for %s, and no artifact', async (_, file, changes, sentence) => {
    const world = new PlayedConfigMap();
    const asked = { [trainingEnvironment.input]: JSON.stringify({ ...input(file), ...changes }) };
    expect(await trained(file, world, { more: asked })).toMatchObject({ code: 2 });
    const word: unknown = JSON.parse(await readFile(join(folder, 'termination-log'), 'utf8'));
    const finding = file === 'leak.csv' ? 'LeakingColumn' : 'TooFewRows';
    expect(word).toEqual({ reason: 'DataInvalid', finding, message: expect.stringMatching(sentence) });
    expect(world.immutable).toBe(false);
    expect(Object.keys(world.data).filter((key) => key !== 'progress.json')).toEqual([]);
  });

  it('trains without a comparison when the artifact of what serves is gone, and says so', async () => {
    const world = new PlayedConfigMap();
    const gone = join(folder, 'gone');
    await mkdir(gone);
    const said = `The artifact of the current revision in ${gone} can't be read: ENOENT`;
    expect(await trained('good.csv', world, { current: gone })).toMatchObject({
      code: 0,
      log: expect.stringContaining(said),
    });
    const { manifest, report } = published(world);
    expect(manifest.comparison).toBeUndefined();
    expect(report.warnings).toEqual([expect.stringContaining(said)]);
  });
});

describe('a training pod with a bucket', () => {
  it('puts the model there, and compares it with the one there that serves', async () => {
    const server = await S3Server.start(['models']);
    const store = { endpoint: server.endpoint, region: '', forcePathStyle: true, bucket: 'models', prefix: '' };
    const bucket = {
      [artifactStoreEnvironment.store]: JSON.stringify(store),
      [artifactStoreEnvironment.uri]: 's3://models/shop/telco-1',
      [artifactStoreEnvironment.credentials]: await S3Server.keys(join(folder, 'keys')),
    };
    const [first, second] = [new PlayedConfigMap(), new PlayedConfigMap()];
    expect(await trained('good.csv', first, { more: bucket })).toMatchObject({ code: 0 });
    const { artifactSha256 } = published(first).report;
    const current = { [trainingEnvironment.currentArtifactUri]: `s3://models/shop/telco-1/${artifactSha256}` };
    expect(await trained('good.csv', second, { more: { ...bucket, ...current } })).toMatchObject({ code: 0 });
    expect(published(second).manifest.comparison).toMatchObject({ artifactSha256, change: { RocAUC: 0 } });
    expect([first.binaryData, Object.keys(first.data)]).toEqual([{}, expect.arrayContaining(['model-card.md'])]);
    const files = await readdir(join(server.folder, 'models/shop/telco-1', artifactSha256));
    expect(files).toEqual(expect.arrayContaining(['manifest.json', 'model-card.md', 'model.onnx', 'replay.json']));
    await server.stop();
  });
});
