import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { problemOf } from '../fixtures/problem-of.js';
import { trainingData } from '../fixtures/training-data.js';
import { fetchObject, type FetchOptions } from './fetch-object.js';

// Three tries take three seconds, and more on a busy machine.
jest.setTimeout(120_000);

let folder = '';
let server: Server | undefined;
let endpoint = '';
/** Paths of all requests. */
const asked: string[] = [];

const longKey = `${'k'.repeat(896)}.csv`;

const answers: Readonly<Record<string, readonly [status: number, body: string]>> = {
  '/good/table.csv': [200, 'a,b\n1,2\n'],
  '/good/100%25/50%25%20off%3F%23a%26b.csv': [200, 'a,b\n1,2\n'],
  [`/good/${longKey}`]: [200, 'a\n'],
  '/good/gone.csv': [404, '<Error><Code>NoSuchKey</Code></Error>'],
  '/good/busy.csv': [200, 'a,b\n1,2\n'],
  '/none/table.csv': [404, '<Error><Code>NoSuchBucket</Code></Error>'],
  '/good/key.csv': [403, '<Error><Code>InvalidAccessKeyId</Code></Error>'],
  '/good/secret.csv': [403, '<Error><Code>SignatureDoesNotMatch</Code></Error>'],
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'churnops-fetch-'));
  await mkdir(join(folder, 'data'));
  await mkdir(join(folder, 'half'));
  await writeFile(join(folder, 'AWS_ACCESS_KEY_ID'), 'key');
  await writeFile(join(folder, 'AWS_SECRET_ACCESS_KEY'), 'very-secret');
  await writeFile(join(folder, 'half/AWS_ACCESS_KEY_ID'), 'key');
  await writeFile(join(folder, 'outside.csv'), 'a\n');
  await writeFile(join(folder, 'data/inside.csv'), 'a\n');
  await symlink(join(folder, 'outside.csv'), join(folder, 'data/link.csv'));
  const listening = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://host').pathname;
    asked.push(path);
    if (path === '/good/huge.csv') {
      response.writeHead(200, { 'content-length': 3 * 1024 ** 3 }).write('a,b\n');
      return;
    }
    if (path.startsWith('/slow/')) {
      // Nothing, or half of it, and then nothing more.
      if (path.includes('half')) response.writeHead(200, { 'content-length': 8 }).write('a,b\n');
      return;
    }
    const busy = path === '/good/busy.csv' && asked.filter((each) => each === path).length < 3;
    const [status, body] = busy ? [503, '<Error><Code>SlowDown</Code></Error>'] : (answers[path] ?? [500, '']);
    response.writeHead(status, { 'content-type': 'application/xml', etag: '"abc"' }).end(body);
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = listening.address();
  endpoint = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
});

afterAll(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
  await rm(folder, { recursive: true });
});

type Circumstances = { at?: string } & Partial<FetchOptions>;

function fetch(
  uri: string,
  { at = endpoint, credentials = folder, ...rest }: Circumstances = {},
): ReturnType<typeof fetchObject> {
  const data = trainingData(uri, { s3: { endpoint: at, region: '', forcePathStyle: true } });
  return fetchObject(data, {
    credentials,
    dataRoot: join(folder, 'data'),
    workspace: folder,
    patience: { pausesMs: [10, 10] },
    ...rest,
  });
}

describe('a table to fetch', () => {
  it('comes from S3 with its identity', async () => {
    expect(await fetch('s3://good/table.csv')).toMatchObject({ uri: 's3://good/table.csv', bytes: 8, etag: 'abc' });
  });

  it.each(['100%/50% off?#a&b.csv', longKey])('comes by its key as it is: %s', async (key) => {
    expect(await fetch(`s3://good/${key}`)).toMatchObject({ uri: `s3://good/${key}` });
  });

  it('comes at the third try from a service that is busy', async () => {
    expect(await fetch('s3://good/busy.csv')).toMatchObject({ bytes: 8 });
    expect(asked.filter((path) => path === '/good/busy.csv')).toHaveLength(3);
  });

  it('comes through a proxy', async () => {
    const far = { at: 'http://s3.far.test', proxy: { HTTP_PROXY: endpoint } };
    expect(await fetch('s3://good/table.csv', far)).toMatchObject({ bytes: 8 });
    const near = { ...far, proxy: { ...far.proxy, NO_PROXY: '.far.test' } };
    expect(await problemOf(fetch('s3://good/table.csv', near))).toMatch(/^3 DataUnreachable/);
  });

  it('is asked for once when no second try would help', async () => {
    const before = asked.length;
    await problemOf(fetch('s3://good/secret.csv'));
    expect(asked.length - before).toBe(1);
  });

  it('is not waited for when the process was told to end', async () => {
    const reason = new Error('told to end');
    await expect(fetch('s3://good/table.csv', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('comes from the volume', async () => {
    expect(await fetch('file:///inside.csv')).toMatchObject({ uri: 'file:///inside.csv', bytes: 2 });
  });

  it.each([
    ['s3://good/gone.csv', /^2 DataInvalid: .*no object s3:\/\/good\/gone\.csv/],
    ['s3://good/huge.csv', /^2 DataInvalid: s3:\/\/good\/huge\.csv is larger than 2 GiB/],
    ['s3://good/broken.csv', /^3 DataUnreachable: .*HTTP status 500/],
    ['s3://none/table.csv', /^2 DataInvalid: .*no bucket "none"/],
    ['s3://good/key.csv', /^3 DataUnreachable: .*keys in the Secret/],
    ['s3://good/secret.csv', /^3 DataUnreachable: .*keys in the Secret/],
    ['file:///nothing.csv', /^2 DataInvalid: .*no file for/],
    ['file:///../outside.csv', /^2 DataInvalid: .*no file for/],
    ['file:///link.csv', /^2 DataInvalid: .*leads out of the volume/],
  ])('%s ends with a sentence', async (uri, sentence) => {
    expect(await problemOf(fetch(uri))).toMatch(sentence);
  });

  it.each(['nothing', 'half'])('is not waited for when S3 says %s and then no more', async (word) => {
    const uri = `s3://slow/${word}.csv`;
    const patience = { connectMs: 2000, idleMs: 200, pausesMs: [1, 1] };
    expect(await problemOf(fetch(uri, { patience }))).toMatch(/^3 DataUnreachable: http:.* can't be reached for s3:/);
  });

  it('is not asked for where a cloud keeps its credentials', async () => {
    const problem = await problemOf(fetch('s3://good/table.csv', { at: 'http://169.254.169.254' }));
    expect(problem).toMatch(/^2 DataInvalid: 169\.254\.169\.254.*no data may be fetched/);
  });

  it('names the endpoint that is not there', async () => {
    const problem = await problemOf(fetch('s3://good/table.csv', { at: 'http://127.0.0.1:1' }));
    expect(problem).toMatch(/^3 DataUnreachable: http:\/\/127\.0\.0\.1:1 can't be reached/);
  });

  it('keeps a password in the endpoint to itself', async () => {
    const problem = await problemOf(fetch('s3://good/table.csv', { at: 'http://me:hunter2@127.0.0.1:1' }));
    expect(problem).toMatch(/^3 DataUnreachable: http:\/\/127\.0\.0\.1:1 can't be reached/);
  });

  it('names the key that the Secret lacks', async () => {
    const problem = await problemOf(fetch('s3://good/table.csv', { credentials: join(folder, 'half') }));
    expect(problem).toMatch(/^3 SecretNotFound: .*no key AWS_SECRET_ACCESS_KEY/);
  });
});
