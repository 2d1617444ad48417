import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import { join } from 'node:path';
import { artifactKeys, artifactStoreEnvironment } from '@churnops/crds';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PlayedConfigMap } from '../fixtures/played-config-map.js';
import { portOf } from '../fixtures/port-of.js';
import { S3Server } from '../fixtures/s3-server.js';
import { published, TrainingPods, type Ended } from '../fixtures/training-pods.js';

let pods: TrainingPods;
/** What a training makes that nobody disturbs. */
const undisturbed = new PlayedConfigMap();

beforeAll(async () => {
  pods = await TrainingPods.begin();
  const left = (row: number) => (row * 7919) % 100 < (row % 40) * 2;
  const rows = Array.from({ length: 1_500 }, (_, row) => `c${row},${row % 40},${row % 7},${left(row) ? 'Yes' : 'No'}`);
  await writeFile(join(pods.folder, 'table.csv'), ['id,spend,calls,churn', ...rows].join('\n'));
  expect(await pods.run('table.csv', undisturbed)).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await pods.end();
});

/** What is the same in each training on the table. */
function contentOf(world: PlayedConfigMap): object {
  const { manifest } = published(world);
  return { ...manifest, run: undefined };
}

/** All that the API server has of an artifact. */
function keysOf({ data, binaryData }: PlayedConfigMap): string[] {
  return Object.keys({ ...data, ...binaryData }).filter((key) => key !== artifactKeys.progress);
}

describe('a training pod that is killed when it publishes', () => {
  it.each([
    ['leaves nothing when its write is lost', false],
    ['leaves all when its write is taken', true],
  ])('%s, and the next one ends with the same model', async (_, isTaken) => {
    const world = new PlayedConfigMap();
    const meet = (child: { kill(signal: 'SIGKILL'): boolean }) => {
      world.interruption = { isTaken, strike: () => child.kill('SIGKILL') };
    };
    expect(await pods.run('table.csv', world, { meet })).toMatchObject({ code: null });
    expect(keysOf(world)).toEqual(isTaken ? keysOf(undisturbed) : []);
    expect(world.immutable).toBe(isTaken);
    expect(await pods.run('table.csv', world)).toMatchObject({ code: 0 });
    expect(contentOf(world)).toEqual(contentOf(undisturbed));
    expect(keysOf(world)).toEqual(keysOf(undisturbed));
  });
});

/** In front of an S3 server: passes requests on, but for a write of this name, which is answered by `strike` and by nothing else. */
async function passing(to: string, name: string, strike: () => void): Promise<Server> {
  const server = createServer((asked, answer) => {
    const { method = 'GET', headers, url = '/' } = asked;
    if (method === 'PUT' && url.includes(name)) {
      strike();
      return;
    }
    const passed = request(new URL(url, to), { method, headers }, (answered) => {
      answer.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.pipe(answer);
    });
    // The client tries again.
    passed.once('error', () => answer.destroy());
    asked.pipe(passed);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe('a training pod that is interrupted while it writes to its bucket', () => {
  let s3: S3Server;
  let credentials = '';
  beforeAll(async () => {
    s3 = await S3Server.start(['models']);
    credentials = await S3Server.keys(join(pods.folder, 'keys'));
  });
  afterAll(async () => {
    await s3.stop();
  });

  const bucketAt = (endpoint: string, revision: string) => ({
    [artifactStoreEnvironment.store]: JSON.stringify({
      ...{ endpoint, region: '', forcePathStyle: true },
      ...{ bucket: 'models', prefix: '' },
    }),
    [artifactStoreEnvironment.uri]: `s3://models/${revision}`,
    [artifactStoreEnvironment.credentials]: credentials,
  });

  /** Runs a pod that gets this signal when the model is in its bucket, and the report is not yet. */
  async function interrupted(signal: NodeJS.Signals, world: PlayedConfigMap): Promise<Ended> {
    let interrupt: () => unknown = () => {
      throw new Error('There is nobody to interrupt');
    };
    const proxy = await passing(s3.endpoint, artifactKeys.report, () => {
      interrupt();
    });
    try {
      return await pods.run('table.csv', world, {
        more: bucketAt(`http://127.0.0.1:${portOf(proxy)}`, signal),
        meet: (child) => {
          interrupt = () => child.kill(signal);
        },
      });
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  }

  it.each([
    ['SIGKILL', null],
    ['SIGTERM', 143],
  ] as const)(
    'by %s leaves no artifact that anybody reads, and the next one makes a whole one',
    async (signal, code) => {
      const world = new PlayedConfigMap();
      const folder = join(s3.folder, 'models', signal);
      const files = async () => (await readdir(folder, { recursive: true })).toSorted();
      expect(await interrupted(signal, world)).toMatchObject({ code });
      const half = await files();
      expect(half).toContainEqual(expect.stringMatching(/model\.onnx$/));
      expect(half.filter((path) => path.endsWith(artifactKeys.manifest))).toEqual([]);
      expect([keysOf(world), world.immutable]).toEqual([[], false]);

      expect(await pods.run('table.csv', world, { more: bucketAt(s3.endpoint, signal) })).toMatchObject({ code: 0 });
      expect(contentOf(world)).toEqual(contentOf(undisturbed));
      const { artifactSha256 } = published(world).report;
      const manifests = (await files()).filter((path) => path.endsWith(artifactKeys.manifest));
      expect(manifests).toEqual([`${artifactSha256}/${artifactKeys.manifest}`]);
      const bytes = await readFile(join(folder, manifests[0] ?? ''));
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(artifactSha256);
    },
  );
});
