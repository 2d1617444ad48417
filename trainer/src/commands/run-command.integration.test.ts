import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { artifactKeys, artifactStoreEnvironment, trainingEnvironment } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PlayedConfigMap } from '../fixtures/played-config-map.js';
import { S3Server } from '../fixtures/s3-server.js';
import { published, TrainingPods, trainingInput } from '../fixtures/training-pods.js';
import { seededRandom } from '../seeded-random.js';

const ROWS = 3_000;

let pods: TrainingPods;
let folder = '';
beforeAll(async () => {
  pods = await TrainingPods.begin();
  ({ folder } = pods);
  const good = table((risk, chance) => chance < risk);
  await writeFile(join(folder, 'good.csv'), good);
  await writeFile(
    join(folder, 'shuffled.csv'),
    table((_, chance) => chance < 0.4),
  );
  const rows = good.trim().split('\n');
  const leak = rows.map((row, index) => `${row},${index === 0 ? 'state' : row.endsWith('Yes') ? 'closed' : 'open'}`);
  await writeFile(join(folder, 'leak.csv'), leak.join('\n'));
  await writeFile(join(folder, 'few.csv'), rows.slice(0, 151).join('\n'));
});
afterAll(async () => {
  await pods.end();
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

describe('a training pod', () => {
  const first = new PlayedConfigMap();
  const current = () => join(folder, 'current');

  beforeAll(async () => {
    expect(await pods.run('good.csv', first)).toMatchObject({ code: 0 });
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
    const ended = await pods.run('good.csv', first);
    expect(ended).toMatchObject({ code: 0, log: expect.stringContaining('published already') });
    expect(first.writes).toBe(writes);
  });

  it('compares with what serves, on the same rows', async () => {
    const world = new PlayedConfigMap();
    expect(await pods.run('good.csv', world, { current: current() })).toMatchObject({ code: 0 });
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
    expect(await pods.run('shuffled.csv', world, { current: current() })).toMatchObject({ code: 0 });
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
    const asked = { [trainingEnvironment.input]: JSON.stringify({ ...trainingInput(file), ...changes }) };
    expect(await pods.run(file, world, { more: asked })).toMatchObject({ code: 2 });
    const word: unknown = JSON.parse(await readFile(pods.terminationLog, 'utf8'));
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
    expect(await pods.run('good.csv', world, { current: gone })).toMatchObject({
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
    expect(await pods.run('good.csv', first, { more: bucket })).toMatchObject({ code: 0 });
    const { artifactSha256 } = published(first).report;
    const current = { [trainingEnvironment.currentArtifactUri]: `s3://models/shop/telco-1/${artifactSha256}` };
    expect(await pods.run('good.csv', second, { more: { ...bucket, ...current } })).toMatchObject({ code: 0 });
    expect(published(second).manifest.comparison).toMatchObject({ artifactSha256, change: { RocAUC: 0 } });
    expect([first.binaryData, Object.keys(first.data)]).toEqual([{}, expect.arrayContaining(['model-card.md'])]);
    const files = await readdir(join(server.folder, 'models/shop/telco-1', artifactSha256));
    expect(files).toEqual(expect.arrayContaining(['manifest.json', 'model-card.md', 'model.onnx', 'replay.json']));
    await server.stop();
  });
});
